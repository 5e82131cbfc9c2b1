/** Status and code -> outcome, as one readable table. What is not here is the kit's usual case: 401, 403, 404, 413, 429, 5xx, silence. */

import { Answer, notThePlatforms } from "./sluice/answer";
import type { Failure, Operation, Outcome, Reason, Written } from "./sluice/contract";
import { accepted, code, reason, rejected, said, unknown } from "./sluice/reason";
import type { Places } from "./sluice/receipt";
import * as status from "./sluice/status";
import { membersOf, resultsOf, type Refusal } from "./wire";

/** `Retry-After` is always read; this platform has no header of its own. */
export const ACME: status.Vendor = { name: "{{title}}" };

/** Who is not a contact. */
const STRANGER = "unknown_contact";

/** Codes of single contacts, and ours for them. */
const CODES: Record<string, [string, string]> = {
    invalid_email: [code.IDENTIFIER_INVALID, "the platform does not take the address"],
    unknown_field: [code.DEST_FIELD_INVALID, "the platform does not take the name of a field"],
    too_long: [code.DEST_FIELD_INVALID, "a value is longer than the platform allows"],
    [STRANGER]: [code.NOT_FOUND_IN_DESTINATION, "nobody at the platform has the address"],
};

type Except = [number, Outcome][];

/** What became of the contacts of a request: one result for each, in order. */
export function ofContacts(places: Places, told: Answer | Failure): Written {
    return ofSuccess(places, told, (body) => {
        const results = resultsOf(body);
        if (results?.length !== places.sent) return undefined;
        return results.flatMap((one, at): Except => (one.ok ? [] : [[places.rows[at]!, rejected(refusal(one))]]));
    });
}

/** What became of the addresses of a request: so many taken, and each of the others by its position. */
export function ofMembers(places: Places, operation: Operation, told: Answer | Failure): Written {
    return ofSuccess(places, told, (body) => {
        const members = membersOf(body);
        if (!members || members.taken + members.refused.length !== places.sent) return undefined;
        if (members.refused.some((one) => places.rows[one.at] === undefined)) return undefined;
        // Who is to leave and is nobody there is not on the list: that is what was wanted.
        const meant = members.refused.filter((one) => operation !== "remove" || one.code !== STRANGER);
        return meant.map((one): Except[number] => [places.rows[one.at]!, rejected(refusal(one))]);
    });
}

/** Reads a success; a refusal of the whole is one of each row. */
function ofSuccess(places: Places, told: Answer | Failure, read: (body: unknown) => Except | undefined): Written {
    const answer = status.ofWrite(ACME, told);
    if (!(answer instanceof Answer)) return places.ended(answer);
    if (!answer.success) return places.finish(rejected(answer.reason(code.ROW_REFUSED, "the platform refuses the request")));
    // An answer that does not speak of every row says nothing: they may be there, and the host knows whether a repeat does harm.
    const except = read(answer.json());
    return except ? places.finish(accepted, except) : places.finish(unknown(notThePlatforms()));
}

function refusal(theirs: Refusal): Reason {
    const vendorCode = theirs.code ?? "";
    const [ours, cause] = Object.hasOwn(CODES, vendorCode) ? CODES[vendorCode]! : [code.ROW_REFUSED, "the platform refuses the contact"];
    return said(reason(ours, cause, { vendorCode }), theirs.message ?? "");
}
