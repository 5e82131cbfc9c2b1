/** Status and code -> outcome, as one readable table. What is not here is the kit's usual case: 401, 403, 404, 413, 429, 5xx, silence. */

import { Answer, notThePlatforms } from "./sluice/answer";
import type { Failure, Outcome, Written } from "./sluice/contract";
import { accepted, code, reason, rejected, said, unknown } from "./sluice/reason";
import type { Places } from "./sluice/receipt";
import * as status from "./sluice/status";

/** `Retry-After` is always read; this platform has no header of its own. */
export const ACME: status.Vendor = { name: "{{title}}" };

/** Codes of single contacts, and ours for them. */
const CODES = new Map([
    ["invalid_email", [code.IDENTIFIER_INVALID, "the platform does not take the address"]],
    ["unknown_field", [code.DEST_FIELD_INVALID, "the platform does not take the name of a field"]],
    ["too_long", [code.DEST_FIELD_INVALID, "a value is longer than the platform allows"]],
] as const);

/** What became of one contact, in the platform's words. */
interface Result { ok: boolean; code?: string; message?: string }

/** What became of the contacts of a request. */
export function ofContacts(places: Places, told: Answer | Failure): Written {
    const answer = status.ofWrite(ACME, told);
    if (!(answer instanceof Answer)) return places.ended(answer);
    if (answer.status !== 200) {
        return places.finish(rejected(answer.reason(code.ROW_REFUSED, "the platform refuses the request")));
    }
    // An answer of another shape says nothing: the rows may be there or not, and the host knows whether a repeat does harm.
    const results = resultsOf(answer.json());
    if (results?.length !== places.sent) return places.finish(unknown(notThePlatforms()));
    const except: [number, Outcome][] = [];
    results.forEach((result, at) => {
        if (!result.ok) except.push([places.rows[at]!, refused(result)]);
    });
    return places.finish(accepted, except);
}

function refused(result: Result): Outcome {
    const theirs = result.code ?? "";
    const known = CODES.get(theirs as "too_long") ?? [code.ROW_REFUSED, "the platform refuses the contact"];
    return rejected(said(reason(known[0], known[1], { vendorCode: theirs }), result.message ?? ""));
}

function resultsOf(body: unknown): Result[] | undefined {
    const results = (body as { results?: unknown } | null | undefined)?.results;
    const text = (value: unknown) => value === undefined || typeof value === "string";
    const fine = (one: Partial<Result> | null) => typeof one?.ok === "boolean" && text(one.code) && text(one.message);
    return Array.isArray(results) && results.every(fine) ? (results as Result[]) : undefined;
}
