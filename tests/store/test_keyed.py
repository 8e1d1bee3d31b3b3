"""The lookups of a batch use their indexes: a drain must not slow down as its tables grow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from cueline.store.batch import events, registry, runs
from cueline.store.batch.users import _LOCKED as USERS
from cueline.store.migrate import upgrade
from cueline.store.session import open_engine, writing

LOOKUPS: dict[str, Callable[[Connection], object]] = {
    "known eids": lambda connection: events.known(connection, [(1, "b:v", "e1"), (1, "s", "e2")]),
    "held events": lambda connection: events.held(connection, [(1, "v"), (1, "w")]),
    "users": lambda connection: USERS.rows(connection, [(1, "ann"), (1, "bob")]),
    "entries": lambda connection: runs.entered(connection, [(1, 1), (1, 2)], since_ms=0),
    "entry keys": lambda connection: runs.taken_keys(connection, [(1, 1, "e1"), (1, 2, "e2")]),
    "nonces": lambda connection: runs.used_nonces(connection, [(1, "n1"), (1, "n2")]),
    "fields of actions": lambda connection: registry._FIELDS.rows(connection, [(1, "buy")], partition=0),
}


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'cueline.db'}")
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("lookup", LOOKUPS.values(), ids=LOOKUPS.keys())
def test_a_lookup_of_a_batch_reads_no_table_from_end_to_end(
    sqlite: Engine, lookup: Callable[[Connection], object]
) -> None:
    plans: list[str] = []

    def explain(connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            rows = connection.connection.cursor().execute("EXPLAIN QUERY PLAN " + statement, parameters)
            plans.extend(row[3] for row in rows)

    event.listen(sqlite, "before_cursor_execute", explain)
    with writing(sqlite) as connection:
        lookup(connection)
    assert any(plan.startswith("SEARCH") for plan in plans)
    assert [plan for plan in plans if plan.startswith("SCAN") and not plan.startswith("SCAN wanted")] == []
