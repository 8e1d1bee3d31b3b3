"""Many rows written at once, as the drivers do it fastest: the statements are texts, the rows are tuples.

SQLAlchemy's own statements take a dict for each row and bind it anew by name, which costs more than the database does.
SQLite gets an `executemany`; PostgreSQL gets all rows in one JSON parameter of one statement, and so in one round trip.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import JSON, Column, Connection, Table
from sqlalchemy.dialects import postgresql

from cueline.store.batch.keyed import Row
from cueline.store.session import is_postgresql

_POSTGRESQL: Final = postgresql.dialect()  # type: ignore[no-untyped-call]
_encode: Final = msgspec.json.Encoder().encode


class _Rows:
    """Rows with the values of some columns, in their order; JSON columns hold plain values."""

    def __init__(self, columns: Sequence[Column[Any]]) -> None:
        self._names = [column.name for column in columns]
        self._json = [i for i, column in enumerate(columns) if isinstance(column.type, JSON)]
        typed = ", ".join(f'"{column.name}" {column.type.compile(_POSTGRESQL)}' for column in columns)
        self._recordset = f"json_to_recordset(%(rows)s::json) AS new ({typed})"

    def _execute(self, connection: Connection, rows: Sequence[Row], *, sqlite: str, postgresql: str) -> None:
        if not rows:
            return
        if is_postgresql(connection):
            named = [dict(zip(self._names, row, strict=True)) for row in rows]
            connection.exec_driver_sql(postgresql, {"rows": _encode(named).decode()})
        else:
            connection.exec_driver_sql(sqlite, self._flat(rows))

    def _flat(self, rows: Sequence[Row]) -> list[Row]:
        """With JSON as text. Column by column, which takes fewer steps than row by row."""
        if not self._json:
            return list(rows)
        columns = list(zip(*rows, strict=True))
        for i in self._json:
            columns[i] = tuple([None if value is None else _encode(value).decode() for value in columns[i]])
        return list(zip(*columns, strict=True))


class Insert(_Rows):
    """New rows of a table. `on_conflict`: what stands behind ON CONFLICT, in the words of both databases."""

    def __init__(self, table: Table, *names: str, on_conflict: str | None = None) -> None:
        super().__init__([table.c[name] for name in names])
        listed = ", ".join(f'"{name}"' for name in names)
        into = f"INSERT INTO {table.name} ({listed})"
        tail = f" ON CONFLICT {on_conflict}" if on_conflict else ""
        self._sqlite = f"{into} VALUES ({', '.join('?' * len(names))}){tail}"
        # WHERE true: or SQL's grammar could take ON CONFLICT for the condition of a join.
        self._postgresql = f"{into} SELECT {listed} FROM {self._recordset} WHERE true{tail}"

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """In the order of `rows`."""
        self._execute(connection, rows, sqlite=self._sqlite, postgresql=self._postgresql)


class Update(_Rows):
    """New values for some columns of the rows with a given key, which stands last in each row."""

    def __init__(self, table: Table, *names: str, key: str) -> None:
        super().__init__([table.c[name] for name in (*names, key)])
        marks = ", ".join(f'"{name}" = ?' for name in names)
        values = ", ".join(f'"{name}" = new."{name}"' for name in names)
        self._sqlite = f'UPDATE {table.name} SET {marks} WHERE "{key}" = ?'
        self._postgresql = (
            f'UPDATE {table.name} SET {values} FROM {self._recordset} WHERE {table.name}."{key}" = new."{key}"'
        )

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """On PostgreSQL the rows must be locked already: their order is not kept."""
        self._execute(connection, rows, sqlite=self._sqlite, postgresql=self._postgresql)
