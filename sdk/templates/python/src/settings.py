"""Where requests lead. This platform has one host and nothing to set."""

from outcomes import ACME
from sluice import reason, status
from sluice.call import Call

BASE = "https://api.acme.example"


def check(call: Call) -> None:
    """Asks who we are: only the platform itself knows."""
    me = status.of_read(ACME, call.get(f"{BASE}/v1/me", credentials=["api_key"])).json()
    if not isinstance(me, dict) or not isinstance(me.get("account"), str):
        raise reason.contract("the answer is not the platform's")
