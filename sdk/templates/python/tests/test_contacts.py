"""Rows in, a request out, and what its answer means: without a component, the host's side played here."""

import unittest
from itertools import accumulate
from struct import pack

import contacts
from sluice.call import Call
from sluice.rows import Rows
from wit_world.imports.http import Body_Bytes, Request, Response
from wit_world.imports.types import (
    Batch,
    Column,
    Field,
    Operation,
    Outcome_Unknown,
    PhysicalType,
    Task,
    Written,
)


def text(name: str, role: str, cells: list[str]) -> tuple[Field, Column]:
    """A text column of these cells."""
    data = [cell.encode() for cell in cells]
    offsets = list(accumulate(map(len, data), initial=0))
    column = Column(b"", b"", pack(f"<{len(offsets)}I", *offsets), b"".join(data))
    return Field(name, PhysicalType.UTF8, True, [("role", role)]), column


class Played:
    """A host that gives one answer."""

    def __init__(self, status: int, body: str) -> None:
        self.response, self.sent = Response(status, [], Body_Bytes(body.encode()), False, []), []

    def send(self, request: Request) -> Response:
        self.sent.append(request)
        return self.response


def told(status: int, body: str) -> tuple[Written, list[Request]]:
    emails = text("email", "identifier", ["a@example.com", "", "b@example.com"])
    schema, columns = zip(emails, text("plan", "attribute", ["é", "x", 'y"']))
    door = Played(status, body)
    call = Call(door, Task("contacts", "upsert", "{}", "{}", 0, b"", []), operation=Operation.UPSERT)
    return contacts.write(call, Rows(list(schema), Batch(3, list(columns)))), door.sent


class Contacts(unittest.TestCase):
    def test_each_result_belongs_to_its_row(self) -> None:
        written, sent = told(200, '{"results":[{"ok":true},{"ok":false,"code":"invalid_email","message":"no"}]}')
        want = '{"contacts":[{"email":"a@example.com","fields":{"plan":"é"}},{"email":"b@example.com","fields":{"plan":"y\\""}}]}'
        self.assertEqual(sent[0].body.value.decode(), want)
        codes = [(row, outcome.value.code) for row, outcome in written.receipt.except_]
        self.assertEqual(codes, [(1, "no-identifier"), (2, "identifier-invalid")])

    def test_too_few_results_say_nothing(self) -> None:
        written, _ = told(200, '{"results":[{"ok":true}]}')
        self.assertIsInstance(written.receipt.all, Outcome_Unknown)


if __name__ == "__main__":
    unittest.main()
