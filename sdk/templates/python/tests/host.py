"""The host's side, played: rows by hand, answers from a script."""

from itertools import accumulate
from struct import pack

from sluice.call import Call
from sluice.rows import Rows
from wit_world.imports.http import Body_Bytes, Request, Response
from wit_world.imports.types import Batch, Column, Field, Operation, PhysicalType, Task, Written


def text(name: str, role: str, cells: list[str]) -> tuple[Field, Column]:
    """A text column of these cells."""
    data = [cell.encode() for cell in cells]
    offsets = list(accumulate(map(len, data), initial=0))
    column = Column(b"", b"", pack(f"<{len(offsets)}I", *offsets), b"".join(data))
    return Field(name, PhysicalType.UTF8, True, [("role", role)]), column


class Played:
    """A host that gives these answers, one after the other."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        self._answers, self._sent = list(answers), []

    def send(self, request: Request) -> Response:
        self._sent.append(request)
        status, body = self._answers.pop(0)
        return Response(status, [], Body_Bytes(body.encode()), False, [])

    def call(self, service: str, *, options: str = "{}", keep: bytes = b"", operation: Operation | None = None) -> Call:
        return Call(self, Task(service, "", "{}", options, 0, keep, []), operation=operation)

    @property
    def bodies(self) -> list[str]:
        """The bodies that were sent."""
        return [sent.body.value.decode() if isinstance(sent.body, Body_Bytes) else "" for sent in self._sent]


def rows_of(*columns: tuple[Field, Column]) -> Rows:
    """Three rows of these columns."""
    schema, wires = zip(*columns)
    return Rows(list(schema), Batch(3, list(wires)))


def codes(written: Written) -> list[tuple[int, str]]:
    """The rows that have another outcome than the rest: number, and our code."""
    return [(row, outcome.value.code) for row, outcome in written.receipt.except_]
