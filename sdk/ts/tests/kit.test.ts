/** The kit against the Rust kit's tables: texts of values, cells with three states, statuses. Runs in a folder that has the kit. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Answer } from "../src/sluice/answer";
import type { Failure, Field, PhysicalType, WireColumn } from "../src/sluice/contract";
import { Halted } from "../src/sluice/reason";
import { arrayOf } from "../src/sluice/receipt";
import { Column, members } from "../src/sluice/rows";
import * as status from "../src/sluice/status";
import { date, decimal, decode, encode, size, timestamp } from "../src/sluice/text";

test("values have the text that vendors expect", () => {
    const days: [number, string][] = [
        [0, "1970-01-01"], [-1, "1969-12-31"], [11_016, "2000-02-29"], [20_781, "2026-11-24"], [-719_528, "0000-01-01"],
        [2_932_896, "9999-12-31"], [2_932_897, "+10000-01-01"], [-719_529, "-0001-12-31"],
    ];
    for (const [day, want] of days) assert.equal(date(day), want);
    const instants: [bigint, string][] = [
        [0n, "1970-01-01T00:00:00Z"], [-1n, "1969-12-31T23:59:59.999999Z"], [1_760_000_000_120_000n, "2025-10-09T08:53:20.120Z"],
        [1_760_000_000_000_001n, "2025-10-09T08:53:20.000001Z"],
    ];
    for (const [micros, want] of instants) assert.equal(timestamp(micros), want);
    const decimals: [bigint, number, string][] = [
        [1999n, 2, "19.99"], [-5n, 2, "-0.05"], [0n, 2, "0.00"], [7n, 0, "7"], [7n, -2, "700"], [0n, -2, "0"],
        [-(1n << 127n), 38, "-1.70141183460469231731687303715884105728"],
    ];
    for (const [unscaled, scale, want] of decimals) assert.equal(decimal(unscaled, scale), want);
});

test("text is UTF-8 there and back", () => {
    for (const text of ["", "plain", "é", "日本", "𝒳y", "x".repeat(10_000) + "ü"]) {
        assert.deepEqual(encode(text), new TextEncoder().encode(text));
        assert.equal(decode(encode(text)), text);
        assert.equal(size(text), encode(text).length);
    }
    assert.equal(decode(encode("a\ud800b")), "a\ufffdb", "half of a pair");
    assert.equal(decode(new Uint8Array([0x61, 0xff])), "a\u00ff", "not UTF-8");
});

/** Three rows: a value, one that is cleared, one that is not mentioned. */
function column(ty: PhysicalType, data: Uint8Array, attrs: Field["attrs"] = []): Column {
    const variable = ["utf8", "json", "binary"].includes(ty);
    const offsets = variable ? new Uint8Array(new Uint32Array([0, data.length, data.length, data.length]).buffer) : new Uint8Array();
    const wire: WireColumn = { present: new Uint8Array([0b011]), validity: new Uint8Array([0b101]), offsets, data };
    return new Column({ name: "x", ty, nullable: true, attrs }, wire, 3);
}

function fixed(write: (view: DataView) => void): Uint8Array {
    const bytes = new Uint8Array(48);
    write(new DataView(bytes.buffer));
    return bytes;
}

test("every type is read with its three states", () => {
    const two63 = -(2n ** 63n);
    const cases: [Column, string][] = [
        [column("boolean", new Uint8Array([1])), "true"],
        [column("int64", fixed((view) => view.setBigInt64(0, two63, true))), "-9223372036854775808"],
        [column("float64", fixed((view) => view.setFloat64(0, 0.1, true))), "0.1"],
        [column("decimal128", fixed((view) => { view.setBigInt64(0, -1999n, true); view.setBigInt64(8, -1n, true); }), [["scale", "2"]]), "-19.99"],
        [column("utf8", encode("é\"")), '"é\\""'],
        [column("utf8", encode("plain")), '"plain"'],
        [column("json", encode("[1,2]")), "[1,2]"],
        [column("binary", encode("f")), '"Zg=="'],
        [column("date32", fixed((view) => view.setInt32(0, -1, true))), '"1969-12-31"'],
        [column("timestamp-micros", fixed((view) => view.setBigInt64(0, 0n, true))), '"1970-01-01T00:00:00Z"'],
    ];
    for (const [of, want] of cases) {
        assert.deepEqual([0, 1, 2, 3].map((row) => of.json(row)), [want, "null", undefined, undefined], of.field.ty);
        assert.equal(members([of])(2), "");
        assert.equal(members([of, of])(1), '"x":null,"x":null');
    }
    for (const bad of [column("float64", fixed((view) => view.setFloat64(0, NaN, true))), column("json", encode("1,2"))]) {
        assert.equal((bad.json(0) as { code: string }).code, "bad-format");
    }
});

const ACME: status.Vendor = { name: "Acme", reset: { header: "X-Reset", as: "epoch-seconds" } };

function answer(code: number, text = "{}", headers: [string, string][] = []): Answer {
    return new Answer({ status: code, headers, body: { tag: "bytes", val: encode(text) }, truncated: false, attrs: [] });
}

function told(of: Answer | Failure, how: typeof status.ofWrite | typeof status.ofRead = status.ofWrite): string {
    try {
        const got = how(ACME, of);
        if (got instanceof Answer) return "read";
        const all = got.receipt.all;
        return `${all.tag} ${"val" in all ? all.val.code : ""}${got.stop ? " stop" : ""}`;
    } catch (error) {
        assert(error instanceof Halted);
        const halt = error.payload;
        if (halt.tag === "later") return "later";
        return `${halt.tag} ${halt.tag === "split-batch" ? halt.val.reason.code : halt.val.code}`;
    }
}

test("a write halts where nothing was written and is unknown where something may have been", () => {
    const failure = (code: string, sent: boolean): Failure => ({ code, message: "", sent });
    const cases: [Answer | Failure, string][] = [
        [answer(201), "read"], [answer(422), "read"], [answer(302), "config dest-config"], [answer(401), "auth dest-auth"],
        [answer(402), "quota dest-quota"], [answer(403), "config dest-permission"], [answer(404), "missing dest-object-missing"],
        [answer(413), "split-batch dest-batch-too-large"], [answer(429), "throttled dest-rate-limited"],
        [answer(500), "unknown dest-unavailable stop"], [answer(504), "unknown dest-timeout stop"],
        [answer(200, " <html>log in</html>"), "unknown dest-protocol stop"],
        [answer(200, "x", [["Content-Type", "text/html; charset=utf-8"]]), "unknown dest-protocol stop"],
        [failure("egress-timeout", true), "unknown dest-timeout"], [failure("egress-cut", true), "unknown egress-cut"],
        [failure("egress-connect-failed", false), "unavailable egress-connect-failed"],
        [failure("dest-not-connected", false), "auth dest-not-connected"],
        [failure("dest-config", false), "config dest-config"],
        [failure("dest-rate-limited", false), "throttled dest-rate-limited"],
        [failure("egress-host-not-listed", false), "contract egress-host-not-listed"],
        [failure("egress-request-too-large", false), "split-batch dest-batch-too-large"],
    ];
    for (const [of, want] of cases) assert.equal(told(of), want);
    for (const code of [400, 404, 413, 422, 500, 302]) assert.notEqual(told(answer(code), status.ofRead), "read", String(code));
    assert.equal(told(answer(200), status.ofRead), "read");
});

test("the wait is read from the header that is there", () => {
    const cases: [string, string, number | null, number | null][] = [
        ["Retry-After", "7", 7000, null], ["retry-after", "0.5", 500, null],
        ["retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", null, 784_111_777_000], ["x-reset", "1760000000", null, 1_760_000_000_000],
        ["retry-after", "soon", null, null], ["retry-after", "-1", null, null], ["x-other", "3", null, null],
    ];
    for (const [name, value, afterMs, atMs] of cases) {
        assert.throws(() => status.ofWrite(ACME, answer(429, "", [[name, value]])), (error) => {
            const halt = (error as Halted).payload;
            assert(halt.tag === "throttled");
            assert.deepEqual([halt.val.afterMs, halt.val.atMs], [afterMs, atMs], value);
            return true;
        });
    }
});

test("the platform's words travel apart from ours and cut", () => {
    const why = answer(401, "lea@example.com ".repeat(100)).reason("dest-auth", "no");
    assert(!why.message.includes("lea@"));
    assert.equal(why.vendorCode, "401");
    assert.equal(why.attrs[0]?.[1].length, 300);
});

test("the last byte that fits is taken and the next one splits", () => {
    const object = (row: number) => `{"n":${row}}`;
    // `{"a":[{"n":0},{"n":1}]}`, and a comma more than it needs.
    const { body, places } = arrayOf(2, 24, '{"a":', "}", object);
    assert.equal(body, '{"a":[{"n":0},{"n":1}]}');
    assert.deepEqual(places.rows, [0, 1]);
    assert.throws(() => arrayOf(2, 23, '{"a":', "}", object), (error) => {
        const halt = (error as Halted).payload;
        return halt.tag === "split-batch" && halt.val.rowsFit === 1;
    });
});
