/** Reasons, halts and outcomes in a word each, and the codes that connectors use. */

import type { Halt, Outcome, Reason, Ticket } from "./contract";

/** Codes of the host's registry; each has a page in the documentation's list of errors. */
export const code = {
    DEST_AUTH: "dest-auth",
    DEST_PERMISSION: "dest-permission",
    DEST_CONFIG: "dest-config",
    DEST_RATE_LIMITED: "dest-rate-limited",
    DEST_UNAVAILABLE: "dest-unavailable",
    DEST_TIMEOUT: "dest-timeout",
    DEST_OBJECT_MISSING: "dest-object-missing",
    DEST_QUOTA: "dest-quota",
    DEST_PROTOCOL: "dest-protocol",
    DEST_BATCH_TOO_LARGE: "dest-batch-too-large",
    DEST_FIELD_INVALID: "dest-field-invalid",
    ROW_REFUSED: "row-refused",
    NOT_FOUND_IN_DESTINATION: "not-found-in-destination",
    IDENTIFIER_INVALID: "identifier-invalid",
    NO_IDENTIFIER: "no-identifier",
    BAD_FORMAT: "bad-format",
    TOO_OLD: "too-old",
    TOO_LARGE: "too-large",
    TOO_LONG: "too-long",
    SETTINGS_INVALID: "settings-invalid",
    MODE_NOT_SUPPORTED: "mode-not-supported",
    SERVICE_UNKNOWN: "service-unknown",
    CONNECTOR_PROTOCOL: "connector-protocol",
} as const;

/** Characters of a platform's own words that travel in a reason; the rest is cut. */
const SAID_CHARS_MAX = 300;

/** A reason in words of our own: never a value of a row. */
export function reason(code: string, message: string, more: Partial<Reason> = {}): Reason {
    return { code, vendorCode: null, message, field: null, afterMs: null, atMs: null, attrs: [], ...more };
}

/** The same with the platform's words, which are kept as confidential as rows are. */
export function said(of: Reason, words: string): Reason {
    const kept = Array.from(words.trim()).slice(0, SAID_CHARS_MAX).join("");
    const attrs = of.attrs.filter(([key]) => key !== "said");
    return { ...of, attrs: kept ? [...attrs, ["said", kept]] : attrs };
}

export const accepted: Outcome = { tag: "accepted" };
export const rejected = (val: Reason): Outcome => ({ tag: "rejected", val });
export const retry = (val: Reason): Outcome => ({ tag: "retry", val });
export const unknown = (val: Reason): Outcome => ({ tag: "unknown", val });

/**
 * Thrown, it ends the call with a halt: of a write only when nothing was written. `payload` is what the engine hands to the host; any
 * other error ends the component, and the host takes what was sent for unknown.
 */
export class Halted extends Error {
    constructor(readonly payload: Halt) {
        super(payload.tag);
    }
}

const halt = (tag: Exclude<Halt["tag"], "split-batch" | "later">, val: Reason) => new Halted({ tag, val });

export const halts = {
    /** Settings, options or mapping must change. */
    config: (message: string) => halt("config", reason(code.DEST_CONFIG, message)),
    /** A setting or an option does not fit, by its name. */
    setting: (field: string, message: string) => halt("config", reason(code.SETTINGS_INVALID, message, { field })),
    /** The host, the connector or the platform broke a rule of the contract. */
    contract: (message: string) => halt("contract", reason(code.CONNECTOR_PROTOCOL, message)),
    /** The batch is too large for one request; so many rows from the start would fit. 0: not even the first. */
    split: (message: string, rowsFit: number | null) => {
        const why = reason(rowsFit === 0 ? code.TOO_LARGE : code.DEST_BATCH_TOO_LARGE, message);
        return new Halted({ tag: "split-batch", val: { reason: why, rowsFit } });
    },
    /** Call again with `resume` = the token. */
    later: (ticket: Ticket) => new Halted({ tag: "later", val: ticket }),
    of: halt,
};
