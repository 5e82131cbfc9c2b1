"""What became of the rows of a write, each said exactly once: one outcome for all, and the exceptions. Beside it the count of which rows
stand in a request, when some of them cannot be sent."""

from collections.abc import Callable
from dataclasses import dataclass

from wit_world.imports.types import (
    Column,
    Halt,
    Outcome,
    Outcome_Rejected,
    Reason,
    Receipt,
    Ticket,
    Written,
)

from . import reason


def receipt(
    all: Outcome,
    except_: list[tuple[int, Outcome]] | None = None,
    *,
    notes: list[tuple[int, Reason]] | None = None,
    unnamed: int = 0,
    remote_ids: Column | None = None,
    attrs: list[tuple[str, str]] | None = None,
    later: Ticket | None = None,
    stop: Halt | None = None,
) -> Written:
    """The answer of a write."""
    return Written(Receipt(all, except_ or [], notes or [], unnamed, remote_ids, attrs or []), later, stop)


def of_the_batch(why: Reason) -> Written:
    """Some row spoils the request and the platform does not say which: the host finds it by halves."""
    return receipt(Outcome_Rejected(why), attrs=[("scope", "batch")])


@dataclass
class Places:
    """Which rows of a batch are in the array of a request, in its order, and what is said of those that are not."""

    rows: list[int]
    left_out: list[tuple[int, Outcome]]

    def finish(self, all: Outcome, except_: list[tuple[int, Outcome]] | None = None, **more) -> Written:
        """Adds the rows left out to what is known about the others."""
        return receipt(all, self.left_out + (except_ or []), **more)

    def ended(self, written: Written) -> Written:
        """The same for a write that ended before its answer was read. What is for the host to halve names nobody."""
        if ("scope", "batch") not in written.receipt.attrs:
            written.receipt.except_ = written.receipt.except_ + self.left_out
        return written


def array_of(
    rows: int, bytes_max: int, before: str, after: str, value: Callable[[int], str | Reason]
) -> tuple[bytes, Places]:
    """A body with an array that has one value for each row: `before` + array + `after`. `value` gives the JSON text of a row's value, or
    why the row is not sent. Raises a split after the rows that fit where the body would have more than `bytes_max` bytes."""
    head, tail = before.encode() + b"[", b"]" + after.encode()
    parts: list[bytes] = []
    places = Places([], [])
    size = len(head) + len(tail)
    for row in range(rows):
        text = value(row)
        if isinstance(text, Reason):
            places.left_out.append((row, Outcome_Rejected(text)))
            continue
        part = text.encode()
        size += len(part) + 1
        if size > bytes_max:
            raise reason.split("the body would be larger than one request may be", row)
        places.rows.append(row)
        parts.append(part)
    return head + b",".join(parts) + tail, places
