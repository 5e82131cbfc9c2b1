/**
 * The connector: a translator and no more. What may be reached, limits and fields stand in `connector.toml`; waiting, retrying
 * and the key are the host's.
 */

import * as contacts from "./contacts";
import * as lists from "./lists";
import * as settings from "./settings";
import { connected, destination as face } from "./sluice/connector";

export const destination = face({
    /** A question that changes nothing and that every key may ask. */
    check(call) {
        settings.check(call);
        return connected("Connected.");
    },

    /** What an activation needs once. */
    setup(call) {
        return call.service === "lists" ? lists.setup(call) : new Uint8Array();
    },

    write(call, rows) {
        switch (call.service) {
            case "contacts": return contacts.write(call, rows);
            case "lists": return lists.write(call, rows);
            default: throw call.unknownService();
        }
    },
});
