"""Lists: found by name or made once, with `GET` and `POST /v1/lists`; then contacts join and leave, `POST /v1/members`. Nobody becomes a
contact by it."""

import json

import outcomes
import wire
from componentize_py_types import Err
from settings import BASE
from sluice import reason, status
from sluice.answer import not_the_platforms
from sluice.call import Call
from sluice.receipt import array_of
from sluice.rows import Rows
from wit_world.imports.http import Effect
from wit_world.imports.types import Halt_Unavailable, Operation, Outcome_Accepted, Reason, Written

_VERBS = {Operation.ADD: "add", Operation.REMOVE: "remove"}


def setup(call: Call) -> bytes:
    """The id of the list that the activation's option names. It comes back as `task.keep` with every write."""
    name = call.options["list"]
    lists = wire.lists_of(status.of_read(outcomes.ACME, call.get(f"{BASE}/v1/lists", credentials=["api_key"])).json())
    if lists is None:
        raise Err(Halt_Unavailable(not_the_platforms()))
    for one in lists:
        if one.name == name:
            return one.id.encode()
    # Where its answer is lost, the host sets up once more, and the list is found.
    body = json.dumps({"name": name}, ensure_ascii=False).encode()
    answer = call.post(f"{BASE}/v1/lists", credentials=["api_key"], pace=["writes"], json=body)
    made = wire.list_of(status.of_read(outcomes.ACME, answer).json())
    if made is None:
        raise Err(Halt_Unavailable(not_the_platforms()))
    return made.id.encode()


def write(call: Call, rows: Rows) -> Written:
    """Adds a batch to the list, or takes it away."""
    verb = _VERBS.get(call.operation)
    if verb is None:
        raise call.unsupported()
    email = rows.column("email")
    if email is None:
        raise reason.config("no address is mapped")

    def member(row: int) -> str | Reason:
        address = email.text(row)
        if not address:
            return reason.reason(reason.NO_IDENTIFIER, "the contact has no address")
        return json.dumps(address, ensure_ascii=False)

    before = f'{{"list":{json.dumps(call.task.keep.decode())},"{verb}":'
    body, places = array_of(len(rows), call.body_bytes_max, before, "}", member)
    if not places.rows:
        return places.finish(Outcome_Accepted())
    answer = call.post(
        f"{BASE}/v1/members", credentials=["api_key"], pace=["writes"], effect=Effect.REPEATABLE, json=body
    )
    return outcomes.of_members(places, call.operation, answer)
