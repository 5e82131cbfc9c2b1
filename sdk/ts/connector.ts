/**
 * The face of a destination: an object with the contract's calls, and `destination`, which makes of it what the component exports. This file
 * is the only one that speaks to the host itself, so that everything else runs in a test as it is.
 *
 * There is no clock and there are no random numbers: what would read one is an error that says so. The instant of the run is
 * `task.nowMs`. An error that is not a halt ends the component, and the host takes what was sent for unknown; its kind and its places are
 * logged, never its message, which may hold a value of a row.
 */

import { send, sendAll } from "sluice:connector/http@0.1.0";
import { log } from "sluice:connector/log@0.1.0";

import { Call, type Door, type More } from "./call";
import type { Attrs, Batch, Failure, Field, Operation, Page, Part, Response, Task, Written } from "./contract";
import { Halted, halts } from "./reason";
import { Rows } from "./rows";

export interface Destination {
    /** Whether settings and credentials work; see `connected`. Changes nothing. */
    check(call: Call): string;
    /** Sends one batch. A halt says that nothing was written; where something may have been, answer with a receipt. */
    write(call: Call, rows: Rows): Written;
    /** Choices for an option: JSON text `{"items": [{"id", "title"}], "next": cursor or null}`. */
    discover?(call: Call, kind: string, cursor: string | null): string;
    /** Finds or creates what the activation needs once; the bytes come back as `task.keep` for ever. */
    setup?(call: Call): Uint8Array;
    /** Opens what this run needs; the bytes are `call.state` of its writes. */
    prepare?(call: Call): Uint8Array;
    /**
     * Asks for the fate of a batch that a job has. Where the manifest says `poll-rows = "on-demand"`, the rows come without columns first;
     * `halts.later` asks for them, with a token to be asked with and no wait.
     */
    poll?(call: Call, rows: Rows, token: Uint8Array): Written;
    /** Closes what `prepare` opened; facts for the run's record. */
    finish?(call: Call): Attrs;
}

/** The answer of a check that went well, with permissions that the credential lacks. */
export function connected(message: string, missing: string[] = []): string {
    return JSON.stringify({ ok: true, message, missing });
}

const HOST: Door = {
    send: (request) => answered(() => send(request)),
    sendAll: (requests, inFlightMax) => sendAll(requests, inFlightMax).map((one) => one.val),
    log,
};

function answered(ask: () => Response): Response | Failure {
    try {
        return ask();
    } catch (error) {
        // The engine throws what the contract calls the error of a result.
        const payload = (error as { payload?: Failure }).payload;
        if (payload) return payload;
        throw error;
    }
}

function run<T>(task: Task, more: More, work: (call: Call) => T): T {
    try {
        return work(new Call(HOST, task, more));
    } catch (error) {
        if (!(error instanceof Halted)) log("error", told(error));
        throw error;
    }
}

/** Kind and places of an error. */
function told(error: unknown): string {
    if (!(error instanceof Error)) return "something that is no error was thrown";
    const places = (error.stack ?? "").trim().split("\n").map((line) => line.trim().replace(/^at /, ""));
    return `${error.name}, thrown at ${places.join(", ")}`;
}

/** The contract's `destination` of this connector, to be exported under that name. */
export function destination(of: Destination) {
    const none = () => new Uint8Array();
    return {
        check: (task: Task, resume: Uint8Array | null) => run(task, { resume }, (call) => of.check(call)),
        discover: (task: Task, kind: string, cursor: string | null, resume: Uint8Array | null) =>
            run(task, { resume }, (call) => {
                if (!of.discover) throw halts.config(`\`${call.service}\` has nothing of the kind \`${kind}\` to choose from`);
                return of.discover(call, kind, cursor);
            }),
        setup: (task: Task, resume: Uint8Array | null) => run(task, { resume }, (call) => of.setup?.(call) ?? none()),
        prepare: (task: Task, operation: Operation, schema: Field[], resume: Uint8Array | null) =>
            run(task, { operation, schema, resume }, (call) => of.prepare?.(call) ?? none()),
        write: (task: Task, state: Uint8Array, operation: Operation, part: Part, schema: Field[], batch: Batch) =>
            run(task, { state, operation, part, schema }, (call) => of.write(call, new Rows(schema, batch))),
        poll: (
            task: Task, state: Uint8Array, operation: Operation, part: Part, schema: Field[], batch: Batch, token: Uint8Array,
        ) =>
            run(task, { state, operation, part, schema }, (call) => {
                if (!of.poll) throw halts.contract(`\`${call.service}\` never leaves a batch to a job`);
                return of.poll(call, new Rows(schema, batch), token);
            }),
        finish: (task: Task, state: Uint8Array, operation: Operation, resume: Uint8Array | null) =>
            run(task, { state, operation, resume }, (call) => of.finish?.(call) ?? []),
    };
}

/** The contract's `membership`, for connectors whose manifest says `list-members`: one page of the members of a segment. */
export function membership(members: (call: Call, segment: string, cursor: Uint8Array | null) => Page) {
    return {
        members: (task: Task, segment: string, cursor: Uint8Array | null, resume: Uint8Array | null) =>
            run(task, { resume }, (call) => members(call, segment, cursor)),
    };
}

function absent(what: string): never {
    throw new Error(`a connector has no ${what}`);
}

const now = () => absent("clock; the instant of the run is task.nowMs");

Math.random = () => absent("random numbers");
Date.now = now;
globalThis.Date = new Proxy(Date, {
    construct: (of, args: unknown[]) => (args.length === 0 ? now() : (Reflect.construct(of, args) as Date)),
    apply: now,
});
