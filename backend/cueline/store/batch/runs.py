"""Runs, points, deliveries and link nonces of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from sqlalchemy import Connection, bindparam, insert, select

from cueline.engine.outcome import Delivery, LedgerEntry, Outcome, Run
from cueline.store.batch.keyed import Keyed
from cueline.store.tables import deliveries, ledger, link_nonces, runs

# Many campaigns times many users are more than one parameter should hold.
_PER_QUERY: Final = 5_000

_Key = TypeVar("_Key", bound=tuple[object, ...])

_ENTERED = Keyed(
    select(runs.c.campaign_id, runs.c.user_id, runs.c.entered_ms)
    .where(runs.c.entered_ms >= bindparam("since_ms"))
    .order_by(runs.c.entered_ms),
    runs.c.campaign_id,
    runs.c.user_id,
)
_TAKEN = Keyed(
    select(runs.c.campaign_id, runs.c.user_id, runs.c.entry_key), runs.c.campaign_id, runs.c.user_id, runs.c.entry_key
)
_NONCES = Keyed(
    select(link_nonces.c.workspace_id, link_nonces.c.nonce), link_nonces.c.workspace_id, link_nonces.c.nonce
)


def entered(
    connection: Connection, pairs: Iterable[tuple[int, int]], *, since_ms: int
) -> dict[tuple[int, int], list[int]]:
    """When each (campaign, user) was entered since then, ascending."""
    found: dict[tuple[int, int], list[int]] = {}
    for some in _parts(pairs):
        for row in _ENTERED.rows(connection, some, since_ms=since_ms):
            found.setdefault((row.campaign_id, row.user_id), []).append(row.entered_ms)
    return found


def taken_keys(connection: Connection, keys: Iterable[tuple[int, int, str]]) -> set[tuple[int, int, str]]:
    """Which of these (campaign, user, entry key) have a run already."""
    rows = (row for some in _parts(keys) for row in _TAKEN.rows(connection, some))
    return {(row.campaign_id, row.user_id, row.entry_key) for row in rows}


def used_nonces(connection: Connection, keys: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    rows = (row for some in _parts(keys) for row in _NONCES.rows(connection, some))
    return {(row.workspace_id, row.nonce) for row in rows}


def _parts(keys: Iterable[_Key]) -> Iterator[list[_Key]]:
    wanted = sorted(set(keys))
    return (wanted[i : i + _PER_QUERY] for i in range(0, len(wanted), _PER_QUERY))


def save(connection: Connection, out: Outcome) -> None:
    if out.runs:
        ordered = sorted(out.runs, key=lambda run: (run.campaign_id, run.user_id, run.entry_key))
        connection.execute(insert(runs), [_run_row(run) for run in ordered])
    if out.ledger:
        connection.execute(insert(ledger), [_fields(entry) for entry in out.ledger])
    if out.deliveries:
        connection.execute(insert(deliveries), [_delivery_row(one) for one in out.deliveries])
    if out.nonces:
        names = ("workspace_id", "nonce", "event_id", "used_ms")
        rows = [dict(zip(names, nonce, strict=True)) for nonce in sorted(out.nonces)]
        connection.execute(insert(link_nonces), rows)


def _run_row(run: Run) -> dict[str, object]:
    return {**_fields(run), "state": "completed"}


def _delivery_row(one: Delivery) -> dict[str, object]:
    return {**_fields(one), "state": "pending", "attempts": 0, "created_ms": one.due_ms}


def _fields(row: Run | LedgerEntry | Delivery) -> dict[str, object]:
    """Not `asdict`, which copies whatever it meets on its way down."""
    return {name: getattr(row, name) for name in row.__slots__}
