"""The face of a destination: a class with the contract's calls, and `export`, which makes of it what the component exports.

There is no clock: what would read one is an error that says so, or ends the component where it is read in native code (`datetime.now`).
`task.now_ms` is the instant of the run. There are no random numbers: `os.urandom` ends the component, and `random` gives the same numbers
in each call. An exception that is not a halt ends the component, and the host takes what was sent for unknown; its kind and its places are
logged, never its message, which may hold a value of a row.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from componentize_py_types import Err
from wit_world.imports.log import Level
from wit_world.imports.types import Batch, Field, Operation, Part, Task, Written

from . import reason
from .call import Call, Host
from .rows import Rows

if TYPE_CHECKING:  # it is in the worlds with `membership` alone
    from wit_world.exports.membership import Page

_T = TypeVar("_T")


class Connector:
    """A destination. Only `check` and `write` have to be there."""

    def check(self, call: Call) -> str:
        """Whether settings and credentials work; see `connected`. Changes nothing."""
        raise NotImplementedError

    def write(self, call: Call, rows: Rows) -> Written:
        """Sends one batch. A halt says that nothing was written; where something may have been, answer with a receipt."""
        raise NotImplementedError

    def discover(self, call: Call, kind: str, cursor: str | None) -> str:
        """Choices for an option: JSON text `{"items": [{"id", "title"}], "next": cursor or null}`."""
        raise reason.config(f"`{call.service}` has nothing of the kind `{kind}` to choose from")

    def setup(self, call: Call) -> bytes:
        """Finds or creates what the activation needs once; the bytes come back as `task.keep` for ever."""
        return b""

    def prepare(self, call: Call) -> bytes:
        """Opens what this run needs; the bytes are `call.state` of its writes."""
        return b""

    def poll(self, call: Call, rows: Rows, token: bytes) -> Written:
        """Asks for the fate of a batch that a job has.

        Where the manifest says `poll-rows = "on-demand"`, the rows come without columns first; `reason.later` asks for them, with a token
        to be asked with and no wait.
        """
        raise reason.contract(f"`{call.service}` never leaves a batch to a job")

    def finish(self, call: Call) -> list[tuple[str, str]]:
        """Closes what `prepare` opened; facts for the run's record."""
        return []


def connected(message: str, missing: list[str] | None = None) -> str:
    """The answer of a check that went well, with permissions that the credential lacks."""
    return json.dumps({"ok": True, "message": message, "missing": missing or []})


def _run(work: Callable[[], _T]) -> _T:
    try:
        return work()
    except Err:
        raise
    except Exception as error:
        Host().log(Level.ERROR, _told(error))
        raise


def _told(error: Exception) -> str:
    """Kind and places of an exception."""
    places, at = [], error.__traceback__
    while at is not None:
        places.append(f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}")
        at = at.tb_next
    return f"{type(error).__name__}, raised at {', '.join(reversed(places))}"


def export(connector: Connector) -> type:
    """The contract's `destination` of this connector, to be named `Destination` in the module `connector`."""

    class Destination:
        def check(self, task: Task, resume: bytes | None) -> str:
            return _run(lambda: connector.check(Call(Host(), task, resume=resume)))

        def discover(self, task: Task, kind: str, cursor: str | None, resume: bytes | None) -> str:
            return _run(lambda: connector.discover(Call(Host(), task, resume=resume), kind, cursor))

        def setup(self, task: Task, resume: bytes | None) -> bytes:
            return _run(lambda: connector.setup(Call(Host(), task, resume=resume)))

        def prepare(self, task: Task, operation: Operation, schema: list[Field], resume: bytes | None) -> bytes:
            return _run(lambda: connector.prepare(Call(Host(), task, operation=operation, schema=schema, resume=resume)))

        def write(
            self, task: Task, state: bytes, operation: Operation, part: Part, schema: list[Field], batch: Batch
        ) -> Written:
            call = Call(Host(), task, state=state, operation=operation, part=part, schema=schema)
            return _run(lambda: connector.write(call, Rows(schema, batch)))

        def poll(
            self, task: Task, state: bytes, operation: Operation, part: Part, schema: list[Field], batch: Batch, token: bytes
        ) -> Written:
            call = Call(Host(), task, state=state, operation=operation, part=part, schema=schema)
            return _run(lambda: connector.poll(call, Rows(schema, batch), token))

        def finish(self, task: Task, state: bytes, operation: Operation, resume: bytes | None) -> list[tuple[str, str]]:
            return _run(lambda: connector.finish(Call(Host(), task, state=state, operation=operation, resume=resume)))

    return Destination


def export_members(members: Callable[[Call, str, bytes | None], "Page"]) -> type:
    """The contract's `membership`, for connectors whose manifest says `list-members`: one page of the members of a segment, by its id and
    the cursor of the page before. To be named `Membership` in the module `connector`."""

    class Membership:
        def members(self, task: Task, segment_id: str, cursor: bytes | None, resume: bytes | None) -> "Page":
            return _run(lambda: members(Call(Host(), task, resume=resume), segment_id, cursor))

    return Membership


def _no_clock(*_: object) -> float:
    raise RuntimeError("a connector has no clock; the instant of the run is task.now_ms")


if sys.platform == "wasi":  # and not in a test
    for _name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep"):
        setattr(time, _name, _no_clock)
    sys.stdout = None  # so that `print` says nothing: there is nobody who reads it
