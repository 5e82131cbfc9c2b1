"""Where requests lead. This platform has one host and nothing to set."""

from outcomes import ACME
from sluice import reason, status
from sluice.call import Call
from wire import is_me

BASE = "https://api.acme.example"


def check(call: Call) -> None:
    """Asks who we are: only the platform itself knows."""
    if not is_me(status.of_read(ACME, call.get(f"{BASE}/v1/me", credentials=["api_key"])).json()):
        raise reason.contract("the answer is not the platform's")
