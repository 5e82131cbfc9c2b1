"""Status and code -> outcome, as one readable table. What is not here is the kit's usual case: 401, 403, 404, 413, 429, 5xx, silence."""

from collections.abc import Callable
from typing import Any

from sluice import reason, status
from sluice.answer import Answer, not_the_platforms
from sluice.receipt import Places
from wire import Refusal, members_of, results_of
from wit_world.imports.http import Failure
from wit_world.imports.types import (
    Operation,
    Outcome,
    Outcome_Accepted,
    Outcome_Rejected,
    Outcome_Unknown,
    Written,
)

# `Retry-After` is always read; this platform has no header of its own.
ACME = status.Vendor("{{title}}")

# Who is not a contact.
_STRANGER = "unknown_contact"

# Codes of single contacts, and ours for them.
_CODES = {
    "invalid_email": (reason.IDENTIFIER_INVALID, "the platform does not take the address"),
    "unknown_field": (reason.DEST_FIELD_INVALID, "the platform does not take the name of a field"),
    "too_long": (reason.DEST_FIELD_INVALID, "a value is longer than the platform allows"),
    _STRANGER: (reason.NOT_FOUND_IN_DESTINATION, "nobody at the platform has the address"),
}

_Except = list[tuple[int, Outcome]]


def of_contacts(places: Places, told: Answer | Failure) -> Written:
    """What became of the contacts of a request: one result for each, in order."""

    def read(body: Any) -> _Except | None:
        results = results_of(body)
        if results is None or len(results) != len(places.rows):
            return None
        return [(row, _refused(why)) for row, why in zip(places.rows, results) if why]

    return _of_success(places, told, read)


def of_members(places: Places, operation: Operation, told: Answer | Failure) -> Written:
    """What became of the addresses of a request: so many taken, and each of the others by its position."""

    def read(body: Any) -> _Except | None:
        taken, refused = members_of(body) or (-1, [])
        if taken + len(refused) != len(places.rows) or any(at >= len(places.rows) for at, _ in refused):
            return None
        # Who is to leave and is nobody there is not on the list: that is what was wanted.
        leaves = operation == Operation.REMOVE
        return [(places.rows[at], _refused(why)) for at, why in refused if not (leaves and why.code == _STRANGER)]

    return _of_success(places, told, read)


def _of_success(places: Places, told: Answer | Failure, read: Callable[[Any], _Except | None]) -> Written:
    """Reads a success; a refusal of the whole is one of each row."""
    answer = status.of_write(ACME, told)
    if isinstance(answer, Written):
        return places.ended(answer)
    if not answer.success:
        return places.finish(Outcome_Rejected(answer.reason(reason.ROW_REFUSED, "the platform refuses the request")))
    # An answer that does not speak of every row says nothing: they may be there, and the host knows whether a repeat does harm.
    refused = read(answer.json())
    return places.finish(Outcome_Unknown(not_the_platforms()) if refused is None else Outcome_Accepted(), refused)


def _refused(theirs: Refusal) -> Outcome:
    ours, cause = _CODES.get(theirs.code, (reason.ROW_REFUSED, "the platform refuses the contact"))
    return Outcome_Rejected(reason.said(reason.reason(ours, cause, vendor_code=theirs.code), theirs.message))
