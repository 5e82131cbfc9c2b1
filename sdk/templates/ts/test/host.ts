/** The host's side, played: rows by hand, answers from a script. */

import assert from "node:assert/strict";

import { Call, type Door } from "../src/sluice/call";
import type { Batch, Field, Operation, Request, Task, Written } from "../src/sluice/contract";
import { Rows } from "../src/sluice/rows";
import { decode, encode } from "../src/sluice/text";

/** A text column of these cells. */
export function text(name: string, role: string, cells: string[]): { field: Field; column: Batch["columns"][number] } {
    const data = cells.map(encode);
    const offsets = new Uint32Array([0, ...data.map((_, at) => data.slice(0, at + 1).reduce((sum, bytes) => sum + bytes.length, 0))]);
    const column = {
        present: new Uint8Array(), validity: new Uint8Array(), offsets: new Uint8Array(offsets.buffer),
        data: Uint8Array.from(data.flatMap((bytes) => [...bytes])),
    };
    return { field: { name, ty: "utf8", nullable: true, attrs: [["role", role]] }, column };
}

/** A host that gives these answers, one after the other. */
export class Played {
    readonly sent: Request[] = [];

    constructor(private readonly answers: [status: number, body: string][]) {}

    /** A call of this service. */
    call(task: Partial<Task>, operation?: Operation, columns: ReturnType<typeof text>[] = []): { call: Call; rows: Rows } {
        const schema = columns.map(({ field }) => field);
        const door: Door = {
            send: (request) => {
                this.sent.push(request);
                const [status, body] = this.answers.shift() ?? assert.fail("one request more than was expected");
                return { status, headers: [], body: { tag: "bytes", val: encode(body) }, truncated: false, attrs: [] };
            },
            sendAll: () => assert.fail("one write is one request"),
            log: () => {},
        };
        const whole = { service: "", mode: "", settings: "{}", options: "{}", nowMs: 0, keep: new Uint8Array(), attrs: [], ...task };
        const call = new Call(door, whole, operation ? { operation, schema } : {});
        return { call, rows: new Rows(schema, { rows: 3, columns: columns.map(({ column }) => column) }) };
    }

    /** The bodies that were sent. */
    get bodies(): string[] {
        return this.sent.map(({ body }) => (body.tag === "bytes" ? decode(body.val) : ""));
    }
}

/** The rows that have another outcome than the rest: number, and our code. */
export function codes(written: Written): [number, string][] {
    return written.receipt.except.map(([row, outcome]) => [row, "val" in outcome ? outcome.val.code : outcome.tag]);
}
