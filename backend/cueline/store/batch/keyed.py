"""The rows that have one of many keys of several columns, looked up in their index on both databases.

`(a, b) IN ((…), (…))` scans the whole table on SQLite, and costs a parameter for each value on either. The keys go in
as one JSON parameter instead, and the table is joined to it. The statement is compiled once, and rows come as the
driver gives them: JSON is selected by `as_text` and read by `from_text`, SQLite's booleans are 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Final
from typing import cast as typed

import msgspec
from sqlalchemy import JSON, Column, ColumnElement, Connection, Select, String, Text, and_, bindparam, cast, func
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

from cueline.store.session import is_postgresql

Row = tuple[Any, ...]

_KEYS: Final = bindparam("keys", type_=String())
_SQLITE: Final = sqlite.dialect(paramstyle="named")
_POSTGRESQL: Final = psycopg.dialect()  # type: ignore[no-untyped-call]
_encode: Final = msgspec.json.Encoder().encode

from_text: Final = msgspec.json.Decoder().decode
"""What a JSON column holds, of its text."""


def as_text(column: Column[Any]) -> ColumnElement[Any]:
    """A JSON column as the text it is, under its own name: neither driver decodes it."""
    return cast(column, Text).label(column.name)


class Keyed:
    """A select of rows of one table, narrowed down to the keys that each call gives."""

    def __init__(self, rows: Select[Any], *columns: ColumnElement[Any]) -> None:
        self._rows = rows
        self._columns = columns

    def rows(self, connection: Connection, keys: Iterable[tuple[Any, ...]], **others: Any) -> Sequence[Row]:
        """`keys`: without repeats, each with the columns' values in their order."""
        text = self._postgresql if is_postgresql(connection) else self._sqlite
        found = connection.exec_driver_sql(text, {"keys": _encode(list(keys)).decode(), **others})
        return typed(Sequence[Row], found.all())

    @cached_property
    def _sqlite(self) -> str:
        wanted = func.json_each(_KEYS).table_valued("value", name="wanted")
        values = [func.json_extract(wanted.c.value, sql(f"'$[{i}]'")) for i in range(len(self._columns))]
        return str(self._rows.join(wanted, self._equal(values)).compile(dialect=_SQLITE))

    @cached_property
    def _postgresql(self) -> str:
        wanted = func.json_array_elements(cast(_KEYS, JSON)).table_valued("value", name="wanted")
        values = [cast(wanted.c.value.op("->>")(sql(str(i))), column.type) for i, column in enumerate(self._columns)]
        return str(self._rows.join(wanted, self._equal(values)).compile(dialect=_POSTGRESQL))

    def _equal(self, values: list[Any]) -> ColumnElement[bool]:
        return and_(*(column == value for column, value in zip(self._columns, values, strict=True)))
