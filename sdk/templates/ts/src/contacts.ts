/** Contacts: `POST /v1/contacts`, an object for each row, known by its address. Fields that are not mentioned stay as they are. */

import * as outcomes from "./outcomes";
import { BASE } from "./settings";
import type { Call } from "./sluice/call";
import type { Written } from "./sluice/contract";
import { accepted, code, halts, reason } from "./sluice/reason";
import { arrayOf } from "./sluice/receipt";
import { members, type Rows } from "./sluice/rows";

/** Sends a batch. */
export function write(call: Call, rows: Rows): Written {
    if (call.operation !== "upsert") throw call.unsupported();
    const email = rows.column("email");
    if (!email) throw halts.config("no address is mapped");
    const fields = members(rows.withRole("attribute"));
    // A row that the platform would refuse is not sent: it is told by name, and its neighbours go.
    const { body, places } = arrayOf(rows.length, call.bodyBytesMax, '{"contacts":', "}", (row) => {
        const address = email.text(row);
        if (!address) return reason(code.NO_IDENTIFIER, "the contact has no address");
        const mentioned = fields(row);
        return typeof mentioned === "string" ? `{"email":${JSON.stringify(address)},"fields":{${mentioned}}}` : mentioned;
    });
    if (places.sent === 0) return places.finish(accepted);
    const answer = call.post(`${BASE}/v1/contacts`, {
        credentials: ["api_key"],
        pace: ["writes"],
        effect: "repeatable",
        json: body,
    });
    return outcomes.ofContacts(places, answer);
}
