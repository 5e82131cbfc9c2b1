/** What a call is about, and the door to the world that goes with it. The same call gives the same answers. */

import { Answer } from "./answer";
import type { Attrs, Effect, Failure, Field, Level, Operation, Part, Request, Response, Task } from "./contract";
import { code, Halted, halts, reason } from "./reason";
import { encode } from "./text";

/** What the host gives. A test gives its own. */
export interface Door {
    /** The answer, or the failure that there was in place of one. */
    send(request: Request): Response | Failure;
    sendAll(requests: Request[], inFlightMax: number): (Response | Failure)[];
    log(level: Level, message: string): void;
}

/** What a call may carry beside its task. */
export interface More { state?: Uint8Array; operation?: Operation; part?: Part; schema?: Field[]; resume?: Uint8Array | null }

export interface Options {
    /** Credentials of the manifest that the host writes into the request. */
    credentials?: string[];
    /** Pacing buckets of the manifest that the host waits for. */
    pace?: string[];
    headers?: Attrs;
    /** What a repeat would do. Unless said: nothing for GET and HEAD, the same state for PUT and DELETE, a second effect for the rest. */
    effect?: Effect;
    /** A body of JSON text. */
    json?: string;
    /** A body of any other type. */
    bytes?: { type: string; body: Uint8Array };
    /** A longer answer is cut and marked. */
    answerBytesMax?: number;
    attrs?: Attrs;
}

const ANSWER_BYTES_MAX = 1024 * 1024;
const BODY_BYTES_MAX = 4 * 1024 * 1024;
const SEND_ALL_MAX = 200;

export class Call {
    readonly state: Uint8Array;
    readonly schema: Field[];
    /** The token of the ticket that this call resumes. */
    readonly resume: Uint8Array | null;

    constructor(private readonly door: Door, readonly task: Task, private readonly more: More = {}) {
        this.state = more.state ?? new Uint8Array();
        this.schema = more.schema ?? [];
        this.resume = more.resume ?? null;
    }

    get service(): string {
        return this.task.service;
    }

    /** The settings, which the host has checked against the manifest's schema. */
    settings<T>(): T {
        return JSON.parse(this.task.settings) as T;
    }

    /** The activation's options, checked against the service's schema. */
    options<T>(): T {
        return JSON.parse(this.task.options) as T;
    }

    /** What the rows are for. */
    get operation(): Operation {
        if (!this.more.operation) throw halts.contract("this call has no operation");
        return this.more.operation;
    }

    /** Which batch this is. */
    get part(): Part {
        if (!this.more.part) throw halts.contract("this call has no batch");
        return this.more.part;
    }

    /** A further fact from the host. */
    attr(key: string): string | undefined {
        return this.task.attrs.find(([name]) => name === key)?.[1];
    }

    /** Most bytes of one request body: the manifest's `unit.bytes`. */
    get bodyBytesMax(): number {
        const said = this.attr("unit-bytes");
        return said !== undefined && /^\d+$/.test(said) ? Number(said) : BODY_BYTES_MAX;
    }

    get(url: string, options: Options = {}): Answer | Failure {
        return this.send(request("GET", url, options));
    }

    post(url: string, options: Options = {}): Answer | Failure {
        return this.send(request("POST", url, options));
    }

    /** Sends it and waits for the answer. Pacing, deadlines and credentials are the host's. */
    send(request: Request): Answer | Failure {
        return answered(this.door.send(request));
    }

    /** Sends requests side by side, at most so many at once; answers in the order of the requests. */
    sendAll(requests: Request[], inFlightMax: number): (Answer | Failure)[] {
        if (requests.length > SEND_ALL_MAX) throw halts.split(`one write is at most ${SEND_ALL_MAX} requests`, SEND_ALL_MAX);
        return this.door.sendAll(requests, inFlightMax).map(answered);
    }

    /** A line for the author's eyes; never a value of a row. */
    log(level: Level, message: string): void {
        this.door.log(level, message);
    }

    /** The halt for an operation that the service does not have. */
    unsupported(): Halted {
        return halts.of("config", reason(code.MODE_NOT_SUPPORTED, `\`${this.service}\` does not offer this operation`));
    }

    /** The halt for a service that the connector does not have. */
    unknownService(): Halted {
        return halts.of("config", reason(code.SERVICE_UNKNOWN, `the connector has no service \`${this.service}\``));
    }
}

function answered(of: Response | Failure): Answer | Failure {
    return "status" in of ? new Answer(of) : of;
}

/** A request of any method of the manifest to a full URL. */
export function request(method: string, url: string, options: Options = {}): Request {
    const { credentials = [], pace = [], attrs = [], json, bytes } = options;
    const usual = method === "GET" || method === "HEAD" ? "read" : method === "PUT" || method === "DELETE" ? "repeatable" : "once";
    const headers = [...(options.headers ?? [])];
    const body = json !== undefined ? { type: "application/json", body: encode(json) } : bytes;
    if (body) headers.push(["content-type", body.type]);
    return {
        method, url, headers, credentials, pace, attrs,
        body: body ? { tag: "bytes", val: body.body } : { tag: "none" },
        effect: options.effect ?? usual,
        answer: "bytes",
        answerBytesMax: options.answerBytesMax ?? ANSWER_BYTES_MAX,
    };
}
