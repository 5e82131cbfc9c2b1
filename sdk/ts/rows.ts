/**
 * Rows in columns, whose buffers are Arrow's. A cell has three states: `undefined` (do not mention the field), `null` (clear it), a value.
 */

import type { Batch, Field, Reason, WireColumn } from "./contract";
import { code, halts, reason } from "./reason";
import { base64, date, decimal, decode, timestamp } from "./text";

/** Numbers of 64 bits are bigints, decimals, dates and instants are text, `json` is JSON text. */
export type Value = boolean | bigint | number | string | Uint8Array;

const bit = (bits: Uint8Array, row: number) => bits.length === 0 || ((bits[row >> 3]! >> (row & 7)) & 1) === 1;

export class Column {
    private readonly view: DataView;
    private readonly offsets: DataView;
    /** The whole column as text, where one byte is one character. */
    private ascii: string | null = null;

    constructor(readonly field: Field, private readonly wire: WireColumn, private readonly rows: number) {
        this.view = new DataView(wire.data.buffer, wire.data.byteOffset, wire.data.byteLength);
        this.offsets = new DataView(wire.offsets.buffer, wire.offsets.byteOffset, wire.offsets.byteLength);
        if (field.ty === "utf8" || field.ty === "json") {
            const text = decode(wire.data);
            if (text.length === wire.data.length) this.ascii = text;
        }
    }

    get name(): string {
        return this.field.name;
    }

    attr(key: string): string | undefined {
        return this.field.attrs.find(([name]) => name === key)?.[1];
    }

    /** What the column means: `identifier`, `attribute`, `event-id`, `event-time`, `remote-id`, `removed-by`. */
    get role(): string {
        return this.attr("role") ?? "attribute";
    }

    cell(row: number): Value | null | undefined {
        if (row >= this.rows || !bit(this.wire.present, row)) return undefined;
        if (!bit(this.wire.validity, row)) return null;
        const { view } = this;
        switch (this.field.ty) {
            case "boolean": return ((view.getUint8(row >> 3) >> (row & 7)) & 1) === 1;
            case "int64": return view.getBigInt64(row * 8, true);
            case "float64": return view.getFloat64(row * 8, true);
            case "date32": return date(view.getInt32(row * 4, true));
            case "timestamp-micros": return timestamp(view.getBigInt64(row * 8, true));
            case "decimal128": {
                const unscaled = (view.getBigInt64(row * 16 + 8, true) << 64n) | view.getBigUint64(row * 16, true);
                return decimal(unscaled, Number(this.attr("scale") ?? 0));
            }
            case "binary": return this.bytes(row);
            case "utf8":
            case "json":
                return this.ascii === null
                    ? decode(this.bytes(row))
                    : this.ascii.slice(this.offsets.getUint32(row * 4, true), this.offsets.getUint32(row * 4 + 4, true));
        }
    }

    /** The text of a text cell that has a value. */
    text(row: number): string | undefined {
        const cell = this.cell(row);
        return typeof cell === "string" ? cell : undefined;
    }

    /** The cell as JSON text; `undefined` where the field is not to be mentioned; a reason where JSON cannot say it. */
    json(row: number): string | undefined | Reason {
        const cell = this.cell(row);
        if (cell === undefined) return undefined;
        if (cell === null) return "null";
        const bad = (message: string) => reason(code.BAD_FORMAT, message, { field: this.name });
        switch (this.field.ty) {
            case "int64":
            case "decimal128": return String(cell);
            case "float64": return Number.isFinite(cell) ? JSON.stringify(cell) : bad("the number is not finite");
            case "binary": return `"${base64(cell as Uint8Array)}"`;
            case "json":
                // Written as it is, so it must be one value, or it could add members of its own.
                try {
                    JSON.parse(cell as string);
                    return cell as string;
                } catch {
                    return bad("the value is not JSON");
                }
            default: return JSON.stringify(cell);
        }
    }

    private bytes(row: number): Uint8Array {
        return this.wire.data.subarray(this.offsets.getUint32(row * 4, true), this.offsets.getUint32(row * 4 + 4, true));
    }
}

export class Rows {
    readonly columns: Column[];
    readonly length: number;

    constructor(schema: Field[], batch: Batch) {
        if (schema.length !== batch.columns.length) throw halts.contract("the batch has not as many columns as its schema");
        this.length = batch.rows;
        this.columns = schema.map((field, at) => new Column(field, batch.columns[at]!, batch.rows));
    }

    column(name: string): Column | undefined {
        return this.columns.find((column) => column.name === name);
    }

    withRole(role: string): Column[] {
        return this.columns.filter((column) => column.role === role);
    }
}

/** Columns as members of an object, keys made once: `"plan":"gold","score":7`. A reason where a cell cannot be said. */
export function members(columns: Column[]): (row: number) => string | Reason {
    const keys = columns.map((column) => JSON.stringify(column.name) + ":");
    return (row) => {
        let text = "";
        for (let at = 0; at < columns.length; at += 1) {
            const json = columns[at]!.json(row);
            if (json === undefined) continue;
            if (typeof json !== "string") return json;
            text += (text ? "," : "") + keys[at] + json;
        }
        return text;
    };
}
