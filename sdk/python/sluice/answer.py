"""A platform's answer: status, headers in any spelling, the body in memory or in the spool."""

import json
from functools import cached_property
from typing import Any

from wit_world.imports.http import Body_Bytes, Body_Spooled, Response
from wit_world.imports.types import Reason

from . import reason


class Answer:
    """What came back."""

    def __init__(self, inner: Response) -> None:
        self.status, self.attrs, self._inner = inner.status, inner.attrs, inner

    @property
    def success(self) -> bool:
        """200 to 299."""
        return 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        return next((value.strip() for key, value in self._inner.headers if key.lower() == name.lower()), None)

    @property
    def body(self) -> bytes:
        """The body in memory; empty when it was spooled or there is none."""
        return self._inner.body.value if isinstance(self._inner.body, Body_Bytes) else b""

    @property
    def spool(self) -> int | None:
        """The spool that has the body, where the request asked for it."""
        return self._inner.body.value if isinstance(self._inner.body, Body_Spooled) else None

    @cached_property
    def text(self) -> str:
        """The body as text; what is not UTF-8 is replaced."""
        return self.body.decode(errors="replace")

    @property
    def looks_like_a_page(self) -> bool:
        """What a captive portal, a proxy or a maintenance page answers with."""
        html = (self.header("content-type") or "").lower().startswith("text/html")
        return html or self.text.lstrip().startswith("<")

    def json(self) -> Any:
        """The body as JSON; `None` where it is cut short or none. What stands in it is for the caller to look at."""
        if self._inner.truncated:
            return None
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None

    def reason(self, code: str, message: str) -> Reason:
        """A reason with the status as the platform's code and the start of the body as its words."""
        return reason.said(reason.reason(code, message, vendor_code=str(self.status)), self.text)


def not_the_platforms() -> Reason:
    """The answer is not what the platform promises; after a write the rows may be there all the same."""
    return reason.reason(reason.DEST_PROTOCOL, "the answer is not the platform's")
