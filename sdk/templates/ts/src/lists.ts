/**
 * Lists: found by name or made once, with `GET` and `POST /v1/lists`; then contacts join and leave, `POST /v1/members`. Nobody becomes a
 * contact by it.
 */

import * as outcomes from "./outcomes";
import { BASE } from "./settings";
import { notThePlatforms } from "./sluice/answer";
import type { Call } from "./sluice/call";
import type { Written } from "./sluice/contract";
import { accepted, code, halts, reason } from "./sluice/reason";
import { arrayOf } from "./sluice/receipt";
import type { Rows } from "./sluice/rows";
import * as status from "./sluice/status";
import { decode, encode } from "./sluice/text";
import { listOf, listsOf } from "./wire";

/** The id of the list that the activation's option names. It comes back as `task.keep` with every write. */
export function setup(call: Call): Uint8Array {
    const url = `${BASE}/v1/lists`;
    const { list: name } = call.options<{ list: string }>();
    const lists = listsOf(status.ofRead(outcomes.ACME, call.get(url, { credentials: ["api_key"] })).json());
    if (!lists) throw halts.of("unavailable", notThePlatforms());
    const found = lists.find((list) => list.name === name);
    if (found) return encode(found.id);
    // Where its answer is lost, the host sets up once more, and the list is found.
    const request = { credentials: ["api_key"], pace: ["writes"], json: JSON.stringify({ name }) };
    const made = listOf(status.ofRead(outcomes.ACME, call.post(url, request)).json());
    if (!made) throw halts.of("unavailable", notThePlatforms());
    return encode(made.id);
}

/** Adds a batch to the list, or takes it away. */
export function write(call: Call, rows: Rows): Written {
    const { operation } = call;
    if (operation !== "add" && operation !== "remove") throw call.unsupported();
    const email = rows.column("email");
    if (!email) throw halts.config("no address is mapped");
    const before = `{"list":${JSON.stringify(decode(call.task.keep))},"${operation}":`;
    const { body, places } = arrayOf(rows.length, call.bodyBytesMax, before, "}", (row) => {
        const address = email.text(row);
        return address ? JSON.stringify(address) : reason(code.NO_IDENTIFIER, "the contact has no address");
    });
    if (places.sent === 0) return places.finish(accepted);
    const answer = call.post(`${BASE}/v1/members`, {
        credentials: ["api_key"],
        pace: ["writes"],
        effect: "repeatable",
        json: body,
    });
    return outcomes.ofMembers(places, operation, answer);
}
