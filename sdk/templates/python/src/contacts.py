"""Contacts: `POST /v1/contacts`, an object for each row, known by its address. Fields that are not mentioned stay as they are."""

import json

import outcomes
from settings import BASE
from sluice import reason
from sluice.call import Call
from sluice.receipt import array_of
from sluice.rows import Rows, members
from wit_world.imports.http import Effect
from wit_world.imports.types import Operation, Outcome_Accepted, Reason, Written


def write(call: Call, rows: Rows) -> Written:
    """Sends a batch."""
    if call.operation != Operation.UPSERT:
        raise call.unsupported()
    email = rows.column("email")
    if email is None:
        raise reason.config("no address is mapped")
    fields = members(rows.with_role("attribute"))

    # A row that the platform would refuse is not sent: it is told by name, and its neighbours go.
    def contact(row: int) -> str | Reason:
        address = email.text(row)
        if not address:
            return reason.reason(reason.NO_IDENTIFIER, "the contact has no address")
        mentioned = fields(row)
        if isinstance(mentioned, Reason):
            return mentioned
        return f'{{"email":{json.dumps(address, ensure_ascii=False)},"fields":{{{mentioned}}}}}'

    body, places = array_of(len(rows), call.body_bytes_max, '{"contacts":', "}", contact)
    if not places.rows:
        return places.finish(Outcome_Accepted())
    answer = call.post(
        f"{BASE}/v1/contacts", credentials=["api_key"], pace=["writes"], effect=Effect.REPEATABLE, json=body
    )
    return outcomes.of_contacts(places, answer)
