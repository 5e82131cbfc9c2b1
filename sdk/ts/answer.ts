/** A platform's answer: status, headers in any spelling, the body in memory or in the spool. */

import type { Attrs, Failure, Reason, Response } from "./contract";
import { code, reason, said } from "./reason";
import { decode } from "./text";

export class Answer {
    private words: string | null = null;

    constructor(private readonly inner: Response) {}

    get status(): number {
        return this.inner.status;
    }

    get success(): boolean {
        return this.status >= 200 && this.status < 300;
    }

    get attrs(): Attrs {
        return this.inner.attrs;
    }

    header(name: string): string | undefined {
        const wanted = name.toLowerCase();
        return this.inner.headers.find(([key]) => key.toLowerCase() === wanted)?.[1].trim();
    }

    get body(): Uint8Array {
        return this.inner.body.tag === "bytes" ? this.inner.body.val : new Uint8Array();
    }

    /** The spool that has the body, where the request asked for it. */
    get spool(): number | undefined {
        return this.inner.body.tag === "spooled" ? this.inner.body.val : undefined;
    }

    get text(): string {
        return (this.words ??= decode(this.body));
    }

    /** What a captive portal, a proxy or a maintenance page answers with. */
    get looksLikeAPage(): boolean {
        return (this.header("content-type") ?? "").toLowerCase().startsWith("text/html") || this.text.trimStart().startsWith("<");
    }

    /** The body as JSON; `undefined` where it is cut short or none. What stands in it is for the caller to look at. */
    json(): unknown {
        if (this.inner.truncated) return undefined;
        try {
            return JSON.parse(this.text);
        } catch {
            return undefined;
        }
    }

    /** A reason with the status as the platform's code and the start of the body as its words. */
    reason(code: string, message: string): Reason {
        return said(reason(code, message, { vendorCode: String(this.status) }), this.text);
    }
}

/** Whether a request had no answer. */
export function failed(of: Answer | Failure): of is Failure {
    return !(of instanceof Answer);
}

/** The answer is not what the platform promises; after a write the rows may be there all the same. */
export const notThePlatforms = () => reason(code.DEST_PROTOCOL, "the answer is not the platform's");
