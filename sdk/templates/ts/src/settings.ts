/** Where requests lead. This platform has one host and nothing to set. */

import { ACME } from "./outcomes";
import type { Call } from "./sluice/call";
import { halts } from "./sluice/reason";
import * as status from "./sluice/status";
import { isMe } from "./wire";

export const BASE = "https://api.acme.example";

/** Asks who we are: only the platform itself knows. */
export function check(call: Call): void {
    const answer = status.ofRead(ACME, call.get(`${BASE}/v1/me`, { credentials: ["api_key"] }));
    if (!isMe(answer.json())) throw halts.contract("the answer is not the platform's");
}
