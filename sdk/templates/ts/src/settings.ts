/** Where requests lead. This platform has one host and nothing to set. */

import { ACME } from "./outcomes";
import type { Call } from "./sluice/call";
import { halts } from "./sluice/reason";
import * as status from "./sluice/status";

export const BASE = "https://api.acme.example";

/** Asks who we are: only the platform itself knows. */
export function check(call: Call): void {
    const answer = status.ofRead(ACME, call.get(`${BASE}/v1/me`, { credentials: ["api_key"] }));
    const me = answer.json() as { account?: unknown } | null | undefined;
    if (typeof me?.account !== "string") throw halts.contract("the answer is not the platform's");
}
