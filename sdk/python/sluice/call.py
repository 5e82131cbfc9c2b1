"""What a call is about, and the door to the world that goes with it. The same call gives the same answers."""

import json
from typing import Any, Protocol

from componentize_py_types import Err
from wit_world.imports import http, log
from wit_world.imports.http import Effect, Failure, Request, Response
from wit_world.imports.types import Field, Halt_Config, Operation, Part, Task

from . import reason
from .answer import Answer

_ANSWER_BYTES_MAX = 1024 * 1024
_BODY_BYTES_MAX = 4 * 1024 * 1024
_SEND_ALL_MAX = 200
_EFFECTS = {"GET": Effect.READ, "HEAD": Effect.READ, "PUT": Effect.REPEATABLE, "DELETE": Effect.REPEATABLE}


class Door(Protocol):
    """What the host gives. A test gives its own."""

    def send(self, request: Request) -> Response | Failure: ...

    def send_all(self, requests: list[Request], in_flight_max: int) -> list[Response | Failure]: ...

    def log(self, level: log.Level, message: str) -> None: ...


class Host:
    """The door of a component."""

    def send(self, request: Request) -> Response | Failure:
        try:
            return http.send(request)
        except Err as error:
            return error.value

    def send_all(self, requests: list[Request], in_flight_max: int) -> list[Response | Failure]:
        return [result.value for result in http.send_all(requests, in_flight_max)]

    def log(self, level: log.Level, message: str) -> None:
        log.log(level, message)


class Call:
    """One call of the host into the connector."""

    def __init__(
        self,
        door: Door,
        task: Task,
        *,
        state: bytes = b"",
        operation: Operation | None = None,
        part: Part | None = None,
        schema: list[Field] | None = None,
        resume: bytes | None = None,
    ) -> None:
        self._door, self.task, self.service, self.mode = door, task, task.service, task.mode
        self.state, self._operation, self._part, self.schema, self.resume = state, operation, part, schema or [], resume

    @property
    def settings(self) -> Any:
        """The settings, which the host has checked against the manifest's schema."""
        return json.loads(self.task.settings)

    @property
    def options(self) -> Any:
        """The activation's options, checked against the service's schema."""
        return json.loads(self.task.options)

    @property
    def operation(self) -> Operation:
        """What the rows are for."""
        if self._operation is None:
            raise reason.contract("this call has no operation")
        return self._operation

    @property
    def part(self) -> Part:
        """Which batch this is."""
        if self._part is None:
            raise reason.contract("this call has no batch")
        return self._part

    def attr(self, key: str) -> str | None:
        """A further fact from the host."""
        return next((value for name, value in self.task.attrs if name == key), None)

    @property
    def body_bytes_max(self) -> int:
        """Most bytes of one request body: the manifest's `unit.bytes`."""
        said = self.attr("unit-bytes") or ""
        return int(said) if said.isdecimal() else _BODY_BYTES_MAX

    def get(self, url: str, **options) -> Answer | Failure:
        """Sends a GET request; for the options see `request`."""
        return self.send(request("GET", url, **options))

    def post(self, url: str, **options) -> Answer | Failure:
        """Sends a POST request; for the options see `request`."""
        return self.send(request("POST", url, **options))

    def send(self, request: Request) -> Answer | Failure:
        """Sends it and waits for the answer. Pacing, deadlines and credentials are the host's."""
        return _answered(self._door.send(request))

    def send_all(self, requests: list[Request], in_flight_max: int) -> list[Answer | Failure]:
        """Sends requests side by side, at most so many at once; answers in the order of the requests."""
        if len(requests) > _SEND_ALL_MAX:
            raise reason.split(f"one write is at most {_SEND_ALL_MAX} requests", _SEND_ALL_MAX)
        return [_answered(answer) for answer in self._door.send_all(requests, in_flight_max)]

    def log(self, level: log.Level, message: str) -> None:
        """A line for the author's eyes; never a value of a row."""
        self._door.log(level, message)

    def unsupported(self) -> Err:
        """The halt for an operation that the service does not have."""
        return Err(Halt_Config(reason.reason(reason.MODE_NOT_SUPPORTED, f"`{self.service}` does not offer this operation")))

    def unknown_service(self) -> Err:
        """The halt for a service that the connector does not have."""
        return Err(Halt_Config(reason.reason(reason.SERVICE_UNKNOWN, f"the connector has no service `{self.service}`")))


def _answered(of: Response | Failure) -> Answer | Failure:
    return Answer(of) if isinstance(of, Response) else of


def request(
    method: str,
    url: str,
    *,
    credentials: list[str] | None = None,
    pace: list[str] | None = None,
    headers: list[tuple[str, str]] | None = None,
    effect: Effect | None = None,
    json: bytes | None = None,
    body: tuple[str, bytes] | None = None,
    answer_bytes_max: int = _ANSWER_BYTES_MAX,
    attrs: list[tuple[str, str]] | None = None,
) -> Request:
    """A request of any method of the manifest to a full URL. `credentials` and `pace` are the manifest's names; the host writes the ones and
    waits for the others. `json`: a body of JSON text; `body`: one of any content type. `effect`, what a repeat would do, is unless said
    nothing for GET and HEAD, the same state for PUT and DELETE, a second effect for the rest."""
    headers = list(headers or [])
    if json is not None:
        body = ("application/json", json)
    if body is not None:
        headers.append(("content-type", body[0]))
    return Request(
        method,
        url,
        headers,
        http.Body_None_() if body is None else http.Body_Bytes(body[1]),
        credentials or [],
        effect or _EFFECTS.get(method, Effect.ONCE),
        pace or [],
        http.Answer.BYTES,
        answer_bytes_max,
        attrs or [],
    )
