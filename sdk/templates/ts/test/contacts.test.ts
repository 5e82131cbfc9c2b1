/** Rows in, a request out, and what its answer means: without a component, the host's side played. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as contacts from "../src/contacts";
import { codes, Played, text } from "./host";

function told(status: number, body: string) {
    const played = new Played([[status, body]]);
    const columns = [text("email", "identifier", ["a@example.com", "", "b@example.com"]), text("plan", "attribute", ["é", "x", "y\""])];
    const { call, rows } = played.call({ service: "contacts" }, "upsert", columns);
    return { written: contacts.write(call, rows), bodies: played.bodies };
}

test("each result belongs to its row", () => {
    const { written, bodies } = told(200, '{"results":[{"ok":true},{"ok":false,"code":"invalid_email","message":"no"}]}');
    const want = '{"contacts":[{"email":"a@example.com","fields":{"plan":"é"}},{"email":"b@example.com","fields":{"plan":"y\\""}}]}';
    assert.deepEqual(bodies, [want]);
    assert.deepEqual(codes(written), [[1, "no-identifier"], [2, "identifier-invalid"]]);
});

test("too few results say nothing", () => {
    assert.equal(told(200, '{"results":[{"ok":true}]}').written.receipt.all.tag, "unknown");
});
