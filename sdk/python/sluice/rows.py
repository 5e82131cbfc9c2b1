"""Rows in columns, whose buffers are Arrow's. A cell has three states: `ABSENT` (do not mention the field), `None` (clear it), a value."""

import base64
import json
import math
from collections.abc import Callable, Sequence
from struct import unpack_from

from wit_world.imports.types import Batch, Field, PhysicalType, Reason
from wit_world.imports.types import Column as Wire

from . import reason, text


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()

# Decimals, dates and instants are text, JSON is JSON text.
Value = bool | int | float | str | bytes


def _bit(bits: bytes, row: int) -> bool:
    return not bits or bool(bits[row >> 3] >> (row & 7) & 1)


class Column:
    """One column: its field, and its cells by row."""

    def __init__(self, field: Field, wire: Wire, rows: int) -> None:
        self.field, self.name, self._wire, self._rows = field, field.name, wire, rows
        self._attrs = dict(field.attrs)
        self._read = self._reader(field.ty, wire.data)

    @property
    def role(self) -> str:
        """What it means: `identifier`, `attribute`, `event-id`, `event-time`, `remote-id`, `removed-by`."""
        return self._attrs.get("role", "attribute")

    def cell(self, row: int) -> Value | None | _Absent:
        """The cell of a row; `ABSENT` beyond the last."""
        if row >= self._rows or not _bit(self._wire.present, row):
            return ABSENT
        return self._read(row) if _bit(self._wire.validity, row) else None

    def text(self, row: int) -> str | None:
        """The text of a text cell that has a value."""
        cell = self.cell(row)
        return cell if isinstance(cell, str) else None

    def json(self, row: int) -> str | None | Reason:
        """The cell as JSON text; `None` where the field is not to be mentioned; a reason where JSON cannot say it."""
        cell = self.cell(row)
        if cell is ABSENT:
            return None
        ty = self.field.ty
        if ty == PhysicalType.FLOAT64 and cell is not None and not math.isfinite(cell):
            return reason.reason(reason.BAD_FORMAT, "the number is not finite", field=self.name)
        if ty == PhysicalType.JSON and cell is not None:
            # Written as it is, so it must be one value, or it could add members of its own.
            try:
                json.loads(cell, parse_constant=_refused)
            except ValueError:
                return reason.reason(reason.BAD_FORMAT, "the value is not JSON", field=self.name)
            return cell
        if ty == PhysicalType.DECIMAL128 and cell is not None:
            return cell
        return json.dumps(base64.b64encode(cell).decode() if isinstance(cell, bytes) else cell, ensure_ascii=False)

    def _reader(self, ty: PhysicalType, data: bytes) -> Callable[[int], Value]:
        offsets = self._wire.offsets

        def span(row: int) -> bytes:
            start, end = unpack_from("<II", offsets, row * 4)
            return data[start:end]

        match ty:
            case PhysicalType.BOOLEAN:
                return lambda row: bool(data[row >> 3] >> (row & 7) & 1)
            case PhysicalType.INT64:
                return lambda row: unpack_from("<q", data, row * 8)[0]
            case PhysicalType.FLOAT64:
                return lambda row: unpack_from("<d", data, row * 8)[0]
            case PhysicalType.DATE32:
                return lambda row: text.date(unpack_from("<i", data, row * 4)[0])
            case PhysicalType.TIMESTAMP_MICROS:
                return lambda row: text.timestamp(unpack_from("<q", data, row * 8)[0])
            case PhysicalType.DECIMAL128:
                scale = int(self._attrs.get("scale", "0"))
                return lambda row: text.decimal(int.from_bytes(data[row * 16 : row * 16 + 16], "little", signed=True), scale)
            case PhysicalType.BINARY:
                return span
            case _:
                return lambda row: span(row).decode()


def _refused(constant: str) -> None:
    raise ValueError(constant)


class Rows(Sequence[int]):
    """A batch of one schema; iterated over, the positions of its rows."""

    def __init__(self, schema: list[Field], batch: Batch) -> None:
        if len(schema) != len(batch.columns):
            raise reason.contract("the batch has not as many columns as its schema")
        self._rows = range(batch.rows)
        self.columns = [Column(field, wire, batch.rows) for field, wire in zip(schema, batch.columns)]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, at):
        return self._rows[at]

    def column(self, name: str) -> Column | None:
        """The column that is sent as `name`."""
        return next((column for column in self.columns if column.name == name), None)

    def with_role(self, role: str) -> list[Column]:
        """The columns of this role."""
        return [column for column in self.columns if column.role == role]


def members(columns: list[Column]) -> Callable[[int], str | Reason]:
    """Columns as members of an object, keys made once: `"plan":"gold","score":7`. A reason where a cell cannot be said."""
    keyed = [(json.dumps(column.name, ensure_ascii=False) + ":", column) for column in columns]

    def of(row: int) -> str | Reason:
        parts = []
        for key, column in keyed:
            value = column.json(row)
            if isinstance(value, Reason):
                return value
            if value is not None:
                parts.append(key + value)
        return ",".join(parts)

    return of
