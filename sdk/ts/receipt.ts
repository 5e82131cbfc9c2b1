/**
 * What became of the rows of a write, each said exactly once: one outcome for all, and the exceptions. Beside it the count of which rows
 * stand in a request, when some of them cannot be sent.
 */

import type { Halt, Outcome, Reason, Ticket, Written, WireColumn, Attrs } from "./contract";
import { halts, rejected } from "./reason";
import { size } from "./text";

interface More {
    notes?: [number, Reason][]; unnamed?: number; remoteIds?: WireColumn; attrs?: Attrs; later?: Ticket; stop?: Halt | null;
}

/** The answer of a write. */
export function receipt(all: Outcome, except: [number, Outcome][], more: More = {}): Written {
    const { notes = [], unnamed = 0, remoteIds = null, attrs = [], later = null, stop = null } = more;
    return { receipt: { all, except, notes, unnamed, remoteIds, attrs }, later, stop };
}

/** Some row spoils the request and the platform does not say which: the host finds it by halves. */
export function ofTheBatch(why: Reason): Written {
    return receipt(rejected(why), [], { attrs: [["scope", "batch"]] });
}

/** Which rows of a batch are in the array of a request, in its order, and what is said of those that are not. */
export class Places {
    constructor(readonly rows: number[], private readonly leftOut: [number, Outcome][]) {}

    /** Objects in the array. */
    get sent(): number {
        return this.rows.length;
    }

    /** Adds the rows left out to what is known about the others. */
    finish(all: Outcome, except: [number, Outcome][] = [], more: More = {}): Written {
        return receipt(all, [...this.leftOut, ...except], more);
    }

    /** The same for a write that ended before its answer was read. What is for the host to halve names nobody. */
    ended(written: Written): Written {
        const { receipt } = written;
        if (receipt.attrs.some(([key, value]) => key === "scope" && value === "batch")) return written;
        return { ...written, receipt: { ...receipt, except: [...receipt.except, ...this.leftOut] } };
    }
}

/**
 * A body with an array that has one value for each row: `before` + array + `after`. `object` gives the JSON text of a row's value, or why
 * the row is not sent. Throws a split after the rows that fit where the body would have more than `bytesMax` bytes.
 */
export function arrayOf(
    rows: number, bytesMax: number, before: string, after: string, object: (row: number) => string | Reason,
): { body: string; places: Places } {
    const sent: number[] = [];
    const texts: string[] = [];
    const leftOut: [number, Outcome][] = [];
    let bytes = size(before) + size(after) + 2;
    for (let row = 0; row < rows; row += 1) {
        const text = object(row);
        if (typeof text !== "string") {
            leftOut.push([row, rejected(text)]);
            continue;
        }
        bytes += size(text) + 1;
        if (bytes > bytesMax) throw halts.split("the body would be larger than one request may be", row);
        sent.push(row);
        texts.push(text);
    }
    return { body: `${before}[${texts.join(",")}]${after}`, places: new Places(sent, leftOut) };
}
