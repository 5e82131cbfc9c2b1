/**
 * The usual HTTP cases, decided once, by the table of the Rust kit's `status.rs`: what a status, or no answer at all, means for a write of
 * one request and for a read. Left to the connector: 2xx, and the 4xx that are not below.
 *
 * | what came back | of a write | of a read |
 * |---|---|---|
 * | nothing left the host | halt `unavailable` (`contract` when the gate refused) | the same |
 * | left, no complete answer | unknown | halt `unavailable` |
 * | 2xx with a web page in it | unknown, stop | halt `unavailable` |
 * | 3xx, 401, 402, 403, 404, 410, 429 | halt | halt |
 * | 413 | halt `split-batch` | halt `config` |
 * | 408, 5xx | unknown, stop | halt `unavailable` |
 */

import { Answer, failed } from "./answer";
import type { Failure, Halt, Reason, Written } from "./contract";
import { code, Halted, reason, unknown } from "./reason";
import { receipt } from "./receipt";

export interface Vendor {
    /** For sentences. */
    name: string;
    /** The header of a 429 that says when to come back, beside `Retry-After`, which is always read. */
    reset?: { header: string; as: "epoch-seconds" | "epoch-millis" | "seconds" | "millis" };
}

type Verdict = { read: Answer } | { notWritten: Halt } | { unknown: Reason; stop: boolean };

/** A write of one request for the whole batch: an answer to read, or what is to be told. Throws a halt where nothing was written. */
export function ofWrite(vendor: Vendor, answer: Answer | Failure): Answer | Written {
    const verdict = judge(vendor, answer);
    if ("read" in verdict) return verdict.read;
    if ("notWritten" in verdict) throw new Halted(verdict.notWritten);
    const stop: Halt | null = verdict.stop ? { tag: "unavailable", val: verdict.unknown } : null;
    return receipt(unknown(verdict.unknown), [], { stop });
}

/** A request that changes nothing: only success is left to read. */
export function ofRead(vendor: Vendor, answer: Answer | Failure): Answer {
    const verdict = judge(vendor, answer);
    if ("unknown" in verdict) throw new Halted({ tag: "unavailable", val: verdict.unknown });
    if ("notWritten" in verdict) {
        const halt = verdict.notWritten;
        throw new Halted(halt.tag === "split-batch" ? { tag: "config", val: halt.val.reason } : halt);
    }
    if (verdict.read.success) return verdict.read;
    const why = verdict.read.reason(code.DEST_CONFIG, `${vendor.name} refuses the request (${verdict.read.status})`);
    throw new Halted({ tag: "config", val: why });
}

/** Codes of the gate for a request that it refuses whatever the platform does. */
const REFUSED = new Set([
    "egress-host-not-listed", "egress-method-not-listed", "egress-path-not-listed", "egress-url-refused", "egress-header-refused",
    "egress-credential-refused", "egress-pace-unknown",
]);

function judge(vendor: Vendor, answer: Answer | Failure): Verdict {
    if (failed(answer)) return withoutAnswer(vendor, answer);
    const { status } = answer;
    const why = (code: string, what: string) => answer.reason(code, `${vendor.name} ${what} (${status})`);
    const halt = (tag: "auth" | "config" | "missing" | "throttled" | "quota", val: Reason): Verdict => ({ notWritten: { tag, val } });
    if (answer.success) {
        if (answer.spool !== undefined || !answer.looksLikeAPage) return { read: answer };
        return { unknown: why(code.DEST_PROTOCOL, "answers with a web page in place of data"), stop: true };
    }
    if (status >= 300 && status < 400) return halt("config", why(code.DEST_CONFIG, "points to another address, which is not followed"));
    if (status === 408 || status >= 500) {
        const late = status === 408 || status === 504;
        const told = why(late ? code.DEST_TIMEOUT : code.DEST_UNAVAILABLE, "does not work properly");
        return { unknown: comeBack(vendor, answer, told), stop: true };
    }
    switch (status) {
        case 401: return halt("auth", why(code.DEST_AUTH, "does not accept the credential"));
        case 402: return halt("quota", why(code.DEST_QUOTA, "says the allowance is used up"));
        case 403: return halt("config", why(code.DEST_PERMISSION, "says the credential lacks a permission"));
        case 404:
        case 410: return halt("missing", why(code.DEST_OBJECT_MISSING, "does not know the object"));
        case 413: {
            const val = { reason: why(code.DEST_BATCH_TOO_LARGE, "refuses the size of the body"), rowsFit: null };
            return { notWritten: { tag: "split-batch", val } };
        }
        case 429: return halt("throttled", comeBack(vendor, answer, why(code.DEST_RATE_LIMITED, "asks to slow down")));
        default: return { read: answer };
    }
}

/** Codes of the host where it got no token for a request, and what they mean. */
const NO_TOKEN: Record<string, "auth" | "config" | "throttled"> = {
    "dest-not-connected": "auth", "dest-client-refused": "auth", "dest-config": "config", "dest-rate-limited": "throttled",
};

function withoutAnswer(vendor: Vendor, failure: Failure): Verdict {
    if (failure.sent) {
        // The platform may have applied it. One silence says nothing about the next batch, so nothing is stopped.
        const ours = failure.code === "egress-timeout" ? code.DEST_TIMEOUT : failure.code;
        return { unknown: reason(ours, `${vendor.name} gave no complete answer: ${failure.message}`), stop: false };
    }
    if (failure.code === "egress-request-too-large") {
        return { notWritten: { tag: "split-batch", val: { reason: reason(code.DEST_BATCH_TOO_LARGE, failure.message), rowsFit: null } } };
    }
    if (REFUSED.has(failure.code)) return { notWritten: { tag: "contract", val: reason(failure.code, failure.message) } };
    const noToken = NO_TOKEN[failure.code];
    if (noToken) return { notWritten: { tag: noToken, val: reason(failure.code, failure.message) } };
    return { notWritten: { tag: "unavailable", val: reason(failure.code, `${vendor.name} cannot be reached: ${failure.message}`) } };
}

/** When to come back: `Retry-After` in seconds or as a date (RFC 9110, 10.2.3, read 2026-11-24), and the vendor's own header. */
function comeBack(vendor: Vendor, answer: Answer, why: Reason): Reason {
    const after = answer.header("retry-after");
    if (after !== undefined) {
        const seconds = number(after);
        if (seconds !== undefined) return { ...why, afterMs: Math.ceil(seconds * 1000) };
        const at = / GMT$/.test(after) ? Date.parse(after) : NaN;
        if (at >= 0) return { ...why, atMs: at };
    }
    const value = vendor.reset && number(answer.header(vendor.reset.header));
    if (!vendor.reset || value === undefined) return why;
    const ms = Math.ceil(vendor.reset.as.endsWith("seconds") ? value * 1000 : value);
    return vendor.reset.as.startsWith("epoch") ? { ...why, atMs: ms } : { ...why, afterMs: ms };
}

function number(text: string | undefined): number | undefined {
    return text !== undefined && /^\d+(\.\d+)?$/.test(text) && Number(text) <= Number.MAX_SAFE_INTEGER ? Number(text) : undefined;
}
