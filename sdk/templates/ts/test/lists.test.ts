/** A list found or made, and its members: who joins, who leaves, and strangers by their position. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as lists from "../src/lists";
import type { Operation } from "../src/sluice/contract";
import { decode, encode } from "../src/sluice/text";
import { codes, Played, text } from "./host";

function setUp(...answers: [number, string][]) {
    const played = new Played(answers);
    const { call } = played.call({ service: "lists", options: '{"list":"VIP"}' });
    return { keep: decode(lists.setup(call)), bodies: played.bodies };
}

function told(operation: Operation, body: string) {
    const played = new Played([[200, body]]);
    const columns = [text("email", "identifier", ["a@example.com", "", "b@example.com"])];
    const { call, rows } = played.call({ service: "lists", keep: encode("l_1") }, operation, columns);
    return { written: lists.write(call, rows), bodies: played.bodies };
}

test("a list is found by its name, or made", () => {
    assert.deepEqual(setUp([200, '{"lists":[{"id":"l_4","name":"vip"},{"id":"l_7","name":"VIP"}]}']), { keep: "l_7", bodies: [""] });
    const made = setUp([200, '{"lists":[]}'], [201, '{"id":"l_1","name":"VIP"}']);
    assert.deepEqual(made, { keep: "l_1", bodies: ["", '{"name":"VIP"}'] });
    assert.throws(() => setUp([200, "{}"]));
});

test("a position leads to its row, and strangers who leave are gone", () => {
    const refused = '{"taken":1,"refused":[{"at":1,"code":"unknown_contact","message":"no"}]}';
    const { written, bodies } = told("add", refused);
    assert.deepEqual(bodies, ['{"list":"l_1","add":["a@example.com","b@example.com"]}']);
    assert.deepEqual(codes(written), [[1, "no-identifier"], [2, "not-found-in-destination"]]);
    assert.deepEqual(codes(told("remove", refused).written), [[1, "no-identifier"]]);
});

test("an answer for too few addresses says nothing", () => {
    for (const body of ['{"taken":1,"refused":[]}', '{"taken":1,"refused":[{"at":2}]}', '{"taken":2}']) {
        assert.equal(told("add", body).written.receipt.all.tag, "unknown", body);
    }
});
