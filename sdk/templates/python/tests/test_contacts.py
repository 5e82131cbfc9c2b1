"""Rows in, a request out, and what its answer means: without a component, the host's side played."""

import unittest

import contacts
from wit_world.imports.types import Operation, Outcome_Unknown, Written

from host import Played, codes, rows_of, text


def told(status: int, body: str) -> tuple[Written, list[str]]:
    played = Played((status, body))
    emails = text("email", "identifier", ["a@example.com", "", "b@example.com"])
    rows = rows_of(emails, text("plan", "attribute", ["é", "x", 'y"']))
    return contacts.write(played.call("contacts", operation=Operation.UPSERT), rows), played.bodies


class Contacts(unittest.TestCase):
    def test_each_result_belongs_to_its_row(self) -> None:
        written, bodies = told(200, '{"results":[{"ok":true},{"ok":false,"code":"invalid_email","message":"no"}]}')
        want = '{"contacts":[{"email":"a@example.com","fields":{"plan":"é"}},{"email":"b@example.com","fields":{"plan":"y\\""}}]}'
        self.assertEqual(bodies, [want])
        self.assertEqual(codes(written), [(1, "no-identifier"), (2, "identifier-invalid")])

    def test_too_few_results_say_nothing(self) -> None:
        written, _ = told(200, '{"results":[{"ok":true}]}')
        self.assertIsInstance(written.receipt.all, Outcome_Unknown)


if __name__ == "__main__":
    unittest.main()
