/** Rows in, a request out, and what its answer means: without a component, the host's side played here. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as contacts from "../src/contacts";
import { Call, type Door } from "../src/sluice/call";
import type { Batch, Field, Request, Written } from "../src/sluice/contract";
import { Rows } from "../src/sluice/rows";
import { decode, encode } from "../src/sluice/text";

/** A text column of these cells. */
function text(name: string, role: string, cells: string[]): { field: Field; column: Batch["columns"][number] } {
    const data = cells.map(encode);
    const offsets = new Uint32Array([0, ...data.map((_, at) => data.slice(0, at + 1).reduce((sum, bytes) => sum + bytes.length, 0))]);
    const column = {
        present: new Uint8Array(), validity: new Uint8Array(), offsets: new Uint8Array(offsets.buffer),
        data: Uint8Array.from(data.flatMap((bytes) => [...bytes])),
    };
    return { field: { name, ty: "utf8", nullable: true, attrs: [["role", role]] }, column };
}

function told(status: number, body: string): { written: Written; sent: Request[] } {
    const columns = [text("email", "identifier", ["a@example.com", "", "b@example.com"]), text("plan", "attribute", ["é", "x", "y\""])];
    const schema = columns.map(({ field }) => field);
    const sent: Request[] = [];
    const door: Door = {
        send(request) {
            sent.push(request);
            return { status, headers: [], body: { tag: "bytes", val: encode(body) }, truncated: false, attrs: [] };
        },
        sendAll: () => assert.fail("one write is one request"),
        log: () => {},
    };
    const task = { service: "contacts", mode: "upsert", settings: "{}", options: "{}", nowMs: 0, keep: new Uint8Array(), attrs: [] };
    const call = new Call(door, task as Call["task"], { operation: "upsert", schema });
    return { written: contacts.write(call, new Rows(schema, { rows: 3, columns: columns.map(({ column }) => column) })), sent };
}

test("each result belongs to its row", () => {
    const { written, sent } = told(200, '{"results":[{"ok":true},{"ok":false,"code":"invalid_email","message":"no"}]}');
    const want = '{"contacts":[{"email":"a@example.com","fields":{"plan":"é"}},{"email":"b@example.com","fields":{"plan":"y\\""}}]}';
    const body = sent[0]?.body;
    assert.equal(body?.tag === "bytes" && decode(body.val), want);
    const codes = written.receipt.except.map(([row, outcome]) => [row, "val" in outcome && outcome.val.code]);
    assert.deepEqual(codes, [[1, "no-identifier"], [2, "identifier-invalid"]]);
});

test("too few results say nothing", () => {
    assert.equal(told(200, '{"results":[{"ok":true}]}').written.receipt.all.tag, "unknown");
});
