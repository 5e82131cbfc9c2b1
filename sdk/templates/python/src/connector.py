"""The {{title}} connector. A translator and no more: what may be reached, limits and fields stand in `connector.toml`; waiting, retrying and
the key are the host's."""

import contacts
import lists
import settings
from sluice.call import Call
from sluice.connector import Connector, connected, export
from sluice.rows import Rows
from wit_world.imports.types import Written


class Acme(Connector):
    def check(self, call: Call) -> str:
        """A question that changes nothing and that every key may ask."""
        settings.check(call)
        return connected("Connected.")

    def setup(self, call: Call) -> bytes:
        """What an activation needs once."""
        return lists.setup(call) if call.service == "lists" else b""

    def write(self, call: Call, rows: Rows) -> Written:
        match call.service:
            case "contacts":
                return contacts.write(call, rows)
            case "lists":
                return lists.write(call, rows)
            case _:
                raise call.unknown_service()


Destination = export(Acme())
