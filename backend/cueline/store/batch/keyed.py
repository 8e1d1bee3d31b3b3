"""The rows that have one of many keys of several columns, looked up in their index on both databases.

`(a, b) IN ((…), (…))` scans the whole table on SQLite, and costs a parameter for each value on either. The keys go in
as one JSON parameter instead, and the table is joined to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import JSON, Column, ColumnElement, Connection, Select, String, and_, bindparam, cast, func
from sqlalchemy import literal_column as sql
from sqlalchemy.engine import Row

from cueline.store.session import is_postgresql

_KEYS: Final = bindparam("keys", type_=String())


class Keyed:
    """A select of rows of one table, narrowed down to the keys that each call gives."""

    def __init__(self, rows: Select[Any], *columns: Column[Any]) -> None:
        self._sqlite = _on_sqlite(rows, columns)
        self._postgresql = _on_postgresql(rows, columns)

    def rows(self, connection: Connection, keys: Iterable[tuple[Any, ...]], **others: Any) -> Iterable[Row[Any]]:
        """`keys`: without repeats, each with the columns' values in their order."""
        statement = self._postgresql if is_postgresql(connection) else self._sqlite
        return connection.execute(statement, {"keys": msgspec.json.encode(list(keys)).decode(), **others})


def _on_sqlite(rows: Select[Any], columns: tuple[Column[Any], ...]) -> Select[Any]:
    wanted = func.json_each(_KEYS).table_valued("value", name="wanted")
    values = [func.json_extract(wanted.c.value, sql(f"'$[{i}]'")) for i in range(len(columns))]
    return rows.join(wanted, _equal(columns, values))


def _on_postgresql(rows: Select[Any], columns: tuple[Column[Any], ...]) -> Select[Any]:
    wanted = func.json_array_elements(cast(_KEYS, JSON)).table_valued("value", name="wanted")
    values = [cast(wanted.c.value.op("->>")(sql(str(i))), column.type) for i, column in enumerate(columns)]
    return rows.join(wanted, _equal(columns, values))


def _equal(columns: tuple[Column[Any], ...], values: list[Any]) -> ColumnElement[bool]:
    return and_(*(column == value for column, value in zip(columns, values, strict=True)))
