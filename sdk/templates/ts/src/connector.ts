/**
 * The connector: a translator and no more. What may be reached, limits and fields stand in `connector.toml`; waiting, retrying
 * and the key are the host's.
 */

import * as contacts from "./contacts";
import * as settings from "./settings";
import { connected, destination as face } from "./sluice/connector";

export const destination = face({
    /** A question that changes nothing and that every key may ask. */
    check(call) {
        settings.check(call);
        return connected("Connected.");
    },

    write(call, rows) {
        if (call.service !== "contacts") throw call.unknownService();
        return contacts.write(call, rows);
    },
});
