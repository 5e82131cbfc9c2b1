"""The shapes of the platform's answers, nothing else; `None` where an answer has another one."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Refusal:
    """Why one was not taken."""

    code: str
    message: str


@dataclass(frozen=True)
class List:
    """A list of contacts."""

    id: str
    name: str


def is_me(body: Any) -> bool:
    """Of `GET /v1/me`."""
    return isinstance(body, dict) and isinstance(body.get("account"), str)


def results_of(body: Any) -> list[Refusal | None] | None:
    """Of `POST /v1/contacts`: for each contact, in order, why it was not taken; `None` for one that was."""
    results = _list(body, "results")
    if results is None or not all(isinstance(one.get("ok"), bool) and _refusal(one) for one in results):
        return None
    return [None if one["ok"] else _refusal(one) for one in results]


def lists_of(body: Any) -> list[List] | None:
    """Of `GET /v1/lists`."""
    lists = _list(body, "lists")
    read = [list_of(one) for one in lists or []]
    return None if lists is None or None in read else [one for one in read if one]


def list_of(body: Any) -> List | None:
    """Of `POST /v1/lists`."""
    fine = isinstance(body, dict) and all(isinstance(body.get(key), str) for key in ("id", "name"))
    return List(body["id"], body["name"]) if fine else None


def members_of(body: Any) -> tuple[int, list[tuple[int, Refusal]]] | None:
    """Of `POST /v1/members`: how many were taken, and the others by their position in the request."""
    refused = _list(body, "refused")
    if refused is None or not isinstance(body.get("taken"), int):
        return None
    read = [(one.get("at"), _refusal(one)) for one in refused]
    fine = all(isinstance(at, int) and at >= 0 and why for at, why in read)
    return (body["taken"], read) if fine else None


def _refusal(one: dict[str, Any]) -> Refusal | None:
    code, message = one.get("code", ""), one.get("message", "")
    return Refusal(code, message) if isinstance(code, str) and isinstance(message, str) else None


def _list(body: Any, key: str) -> list[dict[str, Any]] | None:
    items = body.get(key) if isinstance(body, dict) else None
    return items if isinstance(items, list) and all(isinstance(one, dict) for one in items) else None
