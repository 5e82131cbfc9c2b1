"""Status and code -> outcome, as one readable table. What is not here is the kit's usual case: 401, 403, 404, 413, 429, 5xx, silence."""

from typing import Any

from sluice import reason, status
from sluice.answer import Answer, not_the_platforms
from sluice.receipt import Places
from wit_world.imports.http import Failure
from wit_world.imports.types import (
    Outcome,
    Outcome_Accepted,
    Outcome_Rejected,
    Outcome_Unknown,
    Written,
)

# `Retry-After` is always read; this platform has no header of its own.
ACME = status.Vendor("{{title}}")

# Codes of single contacts, and ours for them.
_CODES = {
    "invalid_email": (reason.IDENTIFIER_INVALID, "the platform does not take the address"),
    "unknown_field": (reason.DEST_FIELD_INVALID, "the platform does not take the name of a field"),
    "too_long": (reason.DEST_FIELD_INVALID, "a value is longer than the platform allows"),
}


def of_contacts(places: Places, told: Answer | Failure) -> Written:
    """What became of the contacts of a request."""
    answer = status.of_write(ACME, told)
    if isinstance(answer, Written):
        return places.ended(answer)
    if answer.status != 200:
        return places.finish(Outcome_Rejected(answer.reason(reason.ROW_REFUSED, "the platform refuses the request")))
    # An answer of another shape says nothing: the rows may be there or not, and the host knows whether a repeat does harm.
    results = _results(answer.json())
    if results is None or len(results) != len(places.rows):
        return places.finish(Outcome_Unknown(not_the_platforms()))
    refused = [(row, _refused(result)) for row, result in zip(places.rows, results) if not result["ok"]]
    return places.finish(Outcome_Accepted(), refused)


def _refused(result: dict[str, Any]) -> Outcome:
    theirs = result.get("code", "")
    ours, cause = _CODES.get(theirs, (reason.ROW_REFUSED, "the platform refuses the contact"))
    return Outcome_Rejected(reason.said(reason.reason(ours, cause, vendor_code=theirs), result.get("message", "")))


def _results(body: Any) -> list[dict[str, Any]] | None:
    results = body.get("results") if isinstance(body, dict) else None

    def fine(one: Any) -> bool:
        words = isinstance(one, dict) and all(isinstance(one.get(key, ""), str) for key in ("code", "message"))
        return words and isinstance(one.get("ok"), bool)

    return results if isinstance(results, list) and all(map(fine, results)) else None
