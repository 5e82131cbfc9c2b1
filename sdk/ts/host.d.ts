/** What the host gives: the contract's imports as modules, which exist inside of a component alone. */

declare module "sluice:connector/http@0.1.0" {
    type Request = import("./contract").Request;
    type Response = import("./contract").Response;
    type Failure = import("./contract").Failure;
    /** Throws an error whose `payload` is a `Failure`. */
    export function send(request: Request): Response;
    export function sendAll(
        requests: Request[], inFlightMax: number,
    ): ({ tag: "ok"; val: Response } | { tag: "err"; val: Failure })[];
}

declare module "sluice:connector/spool@0.1.0" {
    export function create(): number;
    export function append(id: number, chunk: Uint8Array): void;
    export function size(id: number): number;
    export function read(id: number, offset: number, bytesMax: number): Uint8Array;
}

declare module "sluice:connector/log@0.1.0" {
    export function log(level: import("./contract").Level, message: string): void;
}
