"""The usual HTTP cases, decided once, by the table of the Rust kit's `status.rs`: what a status, or no answer at all, means for a write of
one request and for a read. Left to the connector: 2xx, and the 4xx that are not below.

    what came back                    of a write                                    of a read
    nothing left the host             halt `unavailable` (`contract`: the gate)     the same
    left, no complete answer          unknown                                       halt `unavailable`
    2xx with a web page in it         unknown, stop                                 halt `unavailable`
    3xx 401 402 403 404 410 429       halt                                          halt
    413                               halt `split-batch`                            halt `config`
    408, 5xx                          unknown, stop                                 halt `unavailable`
"""

import re
from dataclasses import dataclass

from componentize_py_types import Err
from wit_world.imports import types
from wit_world.imports.http import Failure
from wit_world.imports.types import Halt, Reason, Split, Written

from . import reason
from .answer import Answer
from .receipt import receipt


@dataclass(frozen=True)
class Vendor:
    """What differs from vendor to vendor: the name for sentences, and the header of a 429 that says when to come back, beside
    `Retry-After`, with what it counts: `epoch-seconds`, `epoch-millis`, `seconds` or `millis`."""

    name: str
    reset: tuple[str, str] | None = None


@dataclass(frozen=True)
class _Unknown:
    reason: Reason
    stop: bool


def of_write(vendor: Vendor, answer: Answer | Failure) -> Answer | Written:
    """A write of one request for the whole batch: an answer to read, or what is to be told. Raises a halt where nothing was written."""
    verdict = _judge(vendor, answer)
    if isinstance(verdict, Answer):
        return verdict
    if isinstance(verdict, _Unknown):
        stop = types.Halt_Unavailable(verdict.reason) if verdict.stop else None
        return receipt(types.Outcome_Unknown(verdict.reason), stop=stop)
    raise Err(verdict)


def of_read(vendor: Vendor, answer: Answer | Failure) -> Answer:
    """A request that changes nothing: only success is left to read."""
    verdict = _judge(vendor, answer)
    if isinstance(verdict, _Unknown):
        raise Err(types.Halt_Unavailable(verdict.reason))
    if isinstance(verdict, types.Halt_SplitBatch):
        raise Err(types.Halt_Config(verdict.value.reason))
    if not isinstance(verdict, Answer):
        raise Err(verdict)
    if verdict.success:
        return verdict
    raise Err(types.Halt_Config(verdict.reason(reason.DEST_CONFIG, f"{vendor.name} refuses the request ({verdict.status})")))


# Codes of the gate for a request that it refuses whatever the platform does.
_REFUSED = {
    "egress-host-not-listed",
    "egress-method-not-listed",
    "egress-path-not-listed",
    "egress-url-refused",
    "egress-header-refused",
    "egress-credential-refused",
    "egress-pace-unknown",
}

# Codes of the host where it got no token for a request, and what they mean.
_NO_TOKEN = {
    "dest-not-connected": types.Halt_Auth,
    "dest-client-refused": types.Halt_Auth,
    "dest-config": types.Halt_Config,
    "dest-rate-limited": types.Halt_Throttled,
}

_HALTS = {
    401: (types.Halt_Auth, reason.DEST_AUTH, "does not accept the credential"),
    402: (types.Halt_Quota, reason.DEST_QUOTA, "says the allowance is used up"),
    403: (types.Halt_Config, reason.DEST_PERMISSION, "says the credential lacks a permission"),
    404: (types.Halt_Missing, reason.DEST_OBJECT_MISSING, "does not know the object"),
    410: (types.Halt_Missing, reason.DEST_OBJECT_MISSING, "does not know the object"),
}


def _judge(vendor: Vendor, answer: Answer | Failure) -> Answer | Halt | _Unknown:
    if isinstance(answer, Failure):
        return _without_answer(vendor, answer)
    status = answer.status

    def why(code: str, what: str) -> Reason:
        return answer.reason(code, f"{vendor.name} {what} ({status})")

    if answer.success:
        if answer.spool is not None or not answer.looks_like_a_page:
            return answer
        return _Unknown(why(reason.DEST_PROTOCOL, "answers with a web page in place of data"), stop=True)
    if 300 <= status < 400:
        return types.Halt_Config(why(reason.DEST_CONFIG, "points to another address, which is not followed"))
    if status == 408 or status >= 500:
        code = reason.DEST_TIMEOUT if status in (408, 504) else reason.DEST_UNAVAILABLE
        return _Unknown(_come_back(vendor, answer, why(code, "does not work properly")), stop=True)
    if status == 413:
        return types.Halt_SplitBatch(Split(why(reason.DEST_BATCH_TOO_LARGE, "refuses the size of the body"), None))
    if status == 429:
        return types.Halt_Throttled(_come_back(vendor, answer, why(reason.DEST_RATE_LIMITED, "asks to slow down")))
    if status in _HALTS:
        halt, code, what = _HALTS[status]
        return halt(why(code, what))
    return answer


def _without_answer(vendor: Vendor, failure: Failure) -> Halt | _Unknown:
    code, message = failure.code, failure.message
    if failure.sent:
        # The platform may have applied it. One silence says nothing about the next batch, so nothing is stopped.
        ours = reason.DEST_TIMEOUT if code == "egress-timeout" else code
        return _Unknown(reason.reason(ours, f"{vendor.name} gave no complete answer: {message}"), stop=False)
    if code == "egress-request-too-large":
        return types.Halt_SplitBatch(Split(reason.reason(reason.DEST_BATCH_TOO_LARGE, message), None))
    if code in _REFUSED:
        return types.Halt_Contract(reason.reason(code, message))
    if code in _NO_TOKEN:
        return _NO_TOKEN[code](reason.reason(code, message))
    return types.Halt_Unavailable(reason.reason(code, f"{vendor.name} cannot be reached: {message}"))


_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DATE = re.compile(r"[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60) GMT")
_NUMBER = re.compile(r"\d{1,15}(\.\d+)?")


def _come_back(vendor: Vendor, answer: Answer, why: Reason) -> Reason:
    """When to come back: `Retry-After` in seconds or as a date (RFC 9110, 10.2.3, read 2026-11-24), and the vendor's own header."""
    after = answer.header("retry-after") or ""
    if _NUMBER.fullmatch(after):
        why.after_ms = _up(float(after) * 1000)
    elif (date := _DATE.fullmatch(after)) and date[2] in _MONTHS and 1 <= int(date[1]) <= 31 and int(date[3]) >= 1970:
        days = _days(int(date[3]), _MONTHS.index(date[2]) + 1, int(date[1]))
        why.at_ms = (days * 86_400 + int(date[4]) * 3600 + int(date[5]) * 60 + int(date[6])) * 1000
    elif vendor.reset and _NUMBER.fullmatch(value := answer.header(vendor.reset[0]) or ""):
        ms = _up(float(value) * (1000 if vendor.reset[1].endswith("seconds") else 1))
        if vendor.reset[1].startswith("epoch"):
            why.at_ms = ms
        else:
            why.after_ms = ms
    return why


def _up(value: float) -> int:
    return int(-(-value // 1))


def _days(year: int, month: int, day: int) -> int:
    """Howard Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`."""
    y = year - (1 if month <= 2 else 0)
    era, yoe = divmod(y, 400)
    doy = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146_097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719_468
