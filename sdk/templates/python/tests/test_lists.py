"""A list found or made, and its members: who joins, who leaves, and strangers by their position."""

import unittest

import lists
from componentize_py_types import Err
from wit_world.imports.types import Operation, Outcome_Unknown, Written

from host import Played, codes, rows_of, text

REFUSED = '{"taken":1,"refused":[{"at":1,"code":"unknown_contact","message":"no"}]}'


def set_up(*answers: tuple[int, str]) -> tuple[bytes, list[str]]:
    played = Played(*answers)
    return lists.setup(played.call("lists", options='{"list":"VIP"}')), played.bodies


def told(operation: Operation, body: str) -> tuple[Written, list[str]]:
    played = Played((200, body))
    rows = rows_of(text("email", "identifier", ["a@example.com", "", "b@example.com"]))
    return lists.write(played.call("lists", keep=b"l_1", operation=operation), rows), played.bodies


class Lists(unittest.TestCase):
    def test_a_list_is_found_by_its_name_or_made(self) -> None:
        found = set_up((200, '{"lists":[{"id":"l_4","name":"vip"},{"id":"l_7","name":"VIP"}]}'))
        self.assertEqual(found, (b"l_7", [""]))
        made = set_up((200, '{"lists":[]}'), (201, '{"id":"l_1","name":"VIP"}'))
        self.assertEqual(made, (b"l_1", ["", '{"name": "VIP"}']))
        with self.assertRaises(Err):
            set_up((200, "{}"))

    def test_a_position_leads_to_its_row_and_strangers_who_leave_are_gone(self) -> None:
        written, bodies = told(Operation.ADD, REFUSED)
        self.assertEqual(bodies, ['{"list":"l_1","add":["a@example.com","b@example.com"]}'])
        self.assertEqual(codes(written), [(1, "no-identifier"), (2, "not-found-in-destination")])
        self.assertEqual(codes(told(Operation.REMOVE, REFUSED)[0]), [(1, "no-identifier")])

    def test_an_answer_for_too_few_addresses_says_nothing(self) -> None:
        for body in ('{"taken":1,"refused":[]}', '{"taken":1,"refused":[{"at":2}]}', '{"taken":2}'):
            written, _ = told(Operation.ADD, body)
            self.assertIsInstance(written.receipt.all, Outcome_Unknown, body)


if __name__ == "__main__":
    unittest.main()
