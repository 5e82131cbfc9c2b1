/**
 * The contract's types as this language sees them: `wit/v0/sluice.wit`, record by record. Options are null, variants have a tag and
 * perhaps a value, numbers of 64 bits are plain numbers. Nothing here does anything.
 */

export type Attrs = [string, string][];

export type PhysicalType =
    | "boolean" | "int64" | "float64" | "decimal128" | "utf8" | "binary" | "date32" | "timestamp-micros" | "json";

export interface Field { name: string; ty: PhysicalType; nullable: boolean; attrs: Attrs }
export interface WireColumn { present: Uint8Array; validity: Uint8Array; offsets: Uint8Array; data: Uint8Array }
export interface Batch { rows: number; columns: WireColumn[] }

export type Operation = "upsert" | "update" | "insert" | "add" | "remove" | "append" | "clear" | "replace";
export interface Part { key: string; number: number; last: boolean; rowsTotal: number | null; attempt: number }
export interface Task {
    service: string; mode: string; settings: string; options: string; nowMs: number; keep: Uint8Array; attrs: Attrs;
}

export interface Reason {
    code: string; vendorCode: string | null; message: string; field: string | null;
    afterMs: number | null; atMs: number | null; attrs: Attrs;
}
export type Outcome =
    | { tag: "accepted" } | { tag: "pending" }
    | { tag: "rejected" | "retry" | "unknown" | "skipped"; val: Reason };
export interface Receipt {
    all: Outcome; except: [number, Outcome][]; notes: [number, Reason][]; unnamed: number;
    remoteIds: WireColumn | null; attrs: Attrs;
}
export interface Ticket { token: Uint8Array; pollAfterMs: number; giveUpAfterMs: number }
export interface Split { reason: Reason; rowsFit: number | null }
export type Halt =
    | { tag: "auth" | "config" | "missing" | "throttled" | "quota" | "unavailable" | "contract"; val: Reason }
    | { tag: "split-batch"; val: Split }
    | { tag: "later"; val: Ticket };
export interface Written { receipt: Receipt; later: Ticket | null; stop: Halt | null }

export type Body = { tag: "none" } | { tag: "bytes"; val: Uint8Array } | { tag: "spooled"; val: number };
export type Effect = "read" | "repeatable" | "once";
export interface Request {
    method: string; url: string; headers: Attrs; body: Body; credentials: string[]; effect: Effect; pace: string[];
    answer: "bytes" | "spool"; answerBytesMax: number; attrs: Attrs;
}
export interface Response { status: number; headers: Attrs; body: Body; truncated: boolean; attrs: Attrs }
/** `sent` false: nothing left the host, so a repeat is safe. */
export interface Failure { code: string; message: string; sent: boolean }

export type Level = "debug" | "info" | "warn" | "error";
export interface Page { schema: Field[]; members: Batch; next: Uint8Array | null }
