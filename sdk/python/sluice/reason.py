"""Reasons, halts and outcomes in a word each, and the codes that connectors use.

A halt is raised: of a write only when nothing was written. Every other exception ends the component, and the host takes what was sent for
unknown.
"""

from componentize_py_types import Err
from wit_world.imports.types import (
    Halt_Config,
    Halt_Contract,
    Halt_Later,
    Halt_SplitBatch,
    Reason,
    Split,
    Ticket,
)

# Codes of the host's registry; each has a page in the documentation's list of errors.
DEST_AUTH = "dest-auth"
DEST_PERMISSION = "dest-permission"
DEST_CONFIG = "dest-config"
DEST_RATE_LIMITED = "dest-rate-limited"
DEST_UNAVAILABLE = "dest-unavailable"
DEST_TIMEOUT = "dest-timeout"
DEST_OBJECT_MISSING = "dest-object-missing"
DEST_QUOTA = "dest-quota"
DEST_PROTOCOL = "dest-protocol"
DEST_BATCH_TOO_LARGE = "dest-batch-too-large"
DEST_FIELD_INVALID = "dest-field-invalid"
ROW_REFUSED = "row-refused"
NOT_FOUND_IN_DESTINATION = "not-found-in-destination"
IDENTIFIER_INVALID = "identifier-invalid"
NO_IDENTIFIER = "no-identifier"
BAD_FORMAT = "bad-format"
TOO_OLD = "too-old"
TOO_LARGE = "too-large"
TOO_LONG = "too-long"
SETTINGS_INVALID = "settings-invalid"
MODE_NOT_SUPPORTED = "mode-not-supported"
SERVICE_UNKNOWN = "service-unknown"
CONNECTOR_PROTOCOL = "connector-protocol"

# Characters of a platform's own words that travel in a reason; the rest is cut.
_SAID_CHARS_MAX = 300


def reason(code: str, message: str, *, field: str | None = None, vendor_code: str | None = None) -> Reason:
    """A reason in words of our own: never a value of a row."""
    return Reason(code, vendor_code, message, field, None, None, [])


def said(of: Reason, words: str) -> Reason:
    """The same with the platform's words, which are kept as confidential as rows are."""
    kept = words.strip()[:_SAID_CHARS_MAX]
    of.attrs = [(key, value) for key, value in of.attrs if key != "said"] + ([("said", kept)] if kept else [])
    return of


def config(message: str) -> Err:
    """Settings, options or mapping must change."""
    return Err(Halt_Config(reason(DEST_CONFIG, message)))


def setting(name: str, message: str) -> Err:
    """A setting or an option does not fit, by its name."""
    return Err(Halt_Config(reason(SETTINGS_INVALID, message, field=name)))


def contract(message: str) -> Err:
    """The host, the connector or the platform broke a rule of the contract."""
    return Err(Halt_Contract(reason(CONNECTOR_PROTOCOL, message)))


def later(token: bytes, poll_after_ms: int, give_up_after_ms: int) -> Err:
    """To be called again after a wait, with the token."""
    return Err(Halt_Later(Ticket(token, poll_after_ms, give_up_after_ms)))


def split(message: str, rows_fit: int | None) -> Err:
    """The batch is too large for one request; so many rows from the start would fit. 0: not even the first."""
    code = TOO_LARGE if rows_fit == 0 else DEST_BATCH_TOO_LARGE
    return Err(Halt_SplitBatch(Split(reason(code, message), rows_fit)))
