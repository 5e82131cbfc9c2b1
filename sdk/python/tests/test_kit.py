"""The kit against the Rust kit's tables: texts of values, cells with three states, statuses. Runs in a folder that has the kit."""

import unittest
from struct import pack

from componentize_py_types import Err
from sluice import reason, status, text
from sluice.answer import Answer
from sluice.receipt import array_of
from sluice.rows import Column, Rows, members
from wit_world.imports import types
from wit_world.imports.http import Body_Bytes, Failure, Response
from wit_world.imports.types import Field, PhysicalType

ACME = status.Vendor("Acme", ("X-Reset", "epoch-seconds"))


def column(ty: PhysicalType, data: bytes, attrs: list[tuple[str, str]] | None = None) -> Column:
    """Three rows: a value, one that is cleared, one that is not mentioned."""
    variable = ty in (PhysicalType.UTF8, PhysicalType.JSON, PhysicalType.BINARY)
    offsets = pack("<4I", 0, *[len(data)] * 3) if variable else b""
    return Column(Field("x", ty, True, attrs or []), types.Column(b"\x03", b"\x05", offsets, data), 3)


def answer(code: int, body: str = "{}", headers: list[tuple[str, str]] | None = None) -> Answer:
    return Answer(Response(code, headers or [], Body_Bytes(body.encode()), False, []))


def told(of: Answer | Failure, how=status.of_write) -> str:
    try:
        got = how(ACME, of)
    except Err as error:
        halt = error.value
        why = halt.value.reason if isinstance(halt, types.Halt_SplitBatch) else halt.value
        return f"{type(halt).__name__} {why.code}"
    if isinstance(got, Answer):
        return "read"
    return f"{type(got.receipt.all).__name__} {got.receipt.all.value.code}{' stop' if got.stop else ''}"


class Kit(unittest.TestCase):
    def test_rows_may_come_without_columns_and_be_asked_for(self) -> None:
        rows = Rows([], types.Batch(3, []))
        self.assertEqual((len(rows), rows.columns), (3, []))
        halt = reason.later(b"J1", 0, 0).value
        self.assertEqual((type(halt), halt.value.token, halt.value.poll_after_ms), (types.Halt_Later, b"J1", 0))

    def test_values_have_the_text_that_vendors_expect(self) -> None:
        for day, want in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (20_781, "2026-11-24"),
            (-719_528, "0000-01-01"),
            (2_932_896, "9999-12-31"),
            (2_932_897, "+10000-01-01"),
            (-719_529, "-0001-12-31"),
        ]:
            self.assertEqual(text.date(day), want)
        for micros, want in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (1_760_000_000_120_000, "2025-10-09T08:53:20.120Z"),
            (1_760_000_000_000_001, "2025-10-09T08:53:20.000001Z"),
        ]:
            self.assertEqual(text.timestamp(micros), want)
        for unscaled, scale, want in [
            (1999, 2, "19.99"),
            (-5, 2, "-0.05"),
            (0, 2, "0.00"),
            (7, 0, "7"),
            (7, -2, "700"),
            (0, -2, "0"),
            (-(1 << 127), 38, "-1.70141183460469231731687303715884105728"),
        ]:
            self.assertEqual(text.decimal(unscaled, scale), want)

    def test_every_type_is_read_with_its_three_states(self) -> None:
        for of, want in [
            (column(PhysicalType.BOOLEAN, b"\x01"), "true"),
            (column(PhysicalType.INT64, pack("<3q", -(2**63), 0, 0)), "-9223372036854775808"),
            (column(PhysicalType.FLOAT64, pack("<3d", 0.1, 0, 0)), "0.1"),
            (column(PhysicalType.DECIMAL128, (-1999).to_bytes(16, "little", signed=True) * 3, [("scale", "2")]), "-19.99"),
            (column(PhysicalType.UTF8, 'é"'.encode()), '"é\\""'),
            (column(PhysicalType.JSON, b"[1,2]"), "[1,2]"),
            (column(PhysicalType.BINARY, b"f"), '"Zg=="'),
            (column(PhysicalType.DATE32, pack("<3i", -1, 0, 0)), '"1969-12-31"'),
            (column(PhysicalType.TIMESTAMP_MICROS, pack("<3q", 0, 0, 0)), '"1970-01-01T00:00:00Z"'),
        ]:
            self.assertEqual([of.json(row) for row in range(4)], [want, "null", None, None], of.field.ty)
            self.assertEqual(members([of])(2), "")
            self.assertEqual(members([of, of])(1), '"x":null,"x":null')
        nan = column(PhysicalType.FLOAT64, pack("<3d", float("nan"), 0, 0))
        for bad in [nan, column(PhysicalType.JSON, b"1,2"), column(PhysicalType.JSON, b"NaN")]:
            self.assertEqual(bad.json(0).code, "bad-format")

    def test_a_write_halts_where_nothing_was_written_and_is_unknown_where_something_may_have_been(self) -> None:
        for of, want in [
            (answer(201), "read"),
            (answer(422), "read"),
            (answer(302), "Halt_Config dest-config"),
            (answer(401), "Halt_Auth dest-auth"),
            (answer(402), "Halt_Quota dest-quota"),
            (answer(403), "Halt_Config dest-permission"),
            (answer(404), "Halt_Missing dest-object-missing"),
            (answer(413), "Halt_SplitBatch dest-batch-too-large"),
            (answer(429), "Halt_Throttled dest-rate-limited"),
            (answer(500), "Outcome_Unknown dest-unavailable stop"),
            (answer(504), "Outcome_Unknown dest-timeout stop"),
            (answer(200, " <html>log in</html>"), "Outcome_Unknown dest-protocol stop"),
            (answer(200, "x", [("Content-Type", "text/html; charset=utf-8")]), "Outcome_Unknown dest-protocol stop"),
            (Failure("egress-timeout", "", True), "Outcome_Unknown dest-timeout"),
            (Failure("egress-cut", "", True), "Outcome_Unknown egress-cut"),
            (Failure("egress-connect-failed", "", False), "Halt_Unavailable egress-connect-failed"),
            (Failure("dest-not-connected", "", False), "Halt_Auth dest-not-connected"),
            (Failure("dest-config", "", False), "Halt_Config dest-config"),
            (Failure("dest-rate-limited", "", False), "Halt_Throttled dest-rate-limited"),
            (Failure("egress-host-not-listed", "", False), "Halt_Contract egress-host-not-listed"),
            (Failure("egress-request-too-large", "", False), "Halt_SplitBatch dest-batch-too-large"),
        ]:
            self.assertEqual(told(of), want)
        for code in (400, 404, 413, 422, 500, 302):
            self.assertNotEqual(told(answer(code), status.of_read), "read", code)
        self.assertEqual(told(answer(200), status.of_read), "read")

    def test_the_wait_is_read_from_the_header_that_is_there(self) -> None:
        for name, value, after_ms, at_ms in [
            ("Retry-After", "7", 7000, None),
            ("retry-after", "0.5", 500, None),
            ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", None, 784_111_777_000),
            ("x-reset", "1760000000", None, 1_760_000_000_000),
            ("retry-after", "soon", None, None),
            ("retry-after", "-1", None, None),
            ("retry-after", "Sun, 99 Nov 1994 08:49:37 GMT", None, None),
            ("x-other", "3", None, None),
        ]:
            with self.assertRaises(Err) as raised:
                status.of_write(ACME, answer(429, "", [(name, value)]))
            why = raised.exception.value.value
            self.assertEqual((why.after_ms, why.at_ms), (after_ms, at_ms), value)

    def test_the_platforms_words_travel_apart_from_ours_and_cut(self) -> None:
        why = answer(401, "lea@example.com " * 100).reason("dest-auth", "no")
        self.assertNotIn("lea@", why.message)
        self.assertEqual((why.vendor_code, len(why.attrs[0][1])), ("401", 300))

    def test_the_last_byte_that_fits_is_taken_and_the_next_one_splits(self) -> None:
        # `{"a":[{"n":0},{"n":1}]}`, and a comma more than it needs.
        body, places = array_of(2, 24, '{"a":', "}", lambda row: f'{{"n":{row}}}')
        self.assertEqual((body, places.rows), (b'{"a":[{"n":0},{"n":1}]}', [0, 1]))
        with self.assertRaises(Err) as raised:
            array_of(2, 23, '{"a":', "}", lambda row: f'{{"n":{row}}}')
        self.assertEqual(raised.exception.value.value.rows_fit, 1)


if __name__ == "__main__":
    unittest.main()
