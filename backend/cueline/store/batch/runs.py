"""Runs, points, deliveries and link nonces of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from sqlalchemy import Connection, bindparam, select

from cueline.engine.outcome import Delivery, LedgerEntry, Outcome, Run
from cueline.store.batch.keyed import Keyed, Row
from cueline.store.batch.rows import Insert
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
_RUNS = Insert(runs, *Run.__slots__, "state")
_LEDGER = Insert(ledger, *LedgerEntry.__slots__)
_DELIVERIES = Insert(deliveries, *Delivery.__slots__, "state", "attempts", "created_ms")
_USED_NONCES = Insert(link_nonces, "workspace_id", "nonce", "event_id", "used_ms")


def entered(
    connection: Connection, pairs: Iterable[tuple[int, int]], *, since_ms: int
) -> dict[tuple[int, int], list[int]]:
    """When each (campaign, user) was entered since then, ascending."""
    found: dict[tuple[int, int], list[int]] = {}
    for some in _parts(pairs):
        for campaign_id, user_id, entered_ms in _ENTERED.rows(connection, some, since_ms=since_ms):
            found.setdefault((campaign_id, user_id), []).append(entered_ms)
    return found


def taken_keys(connection: Connection, keys: Iterable[tuple[int, int, str]]) -> set[tuple[int, int, str]]:
    """Which of these (campaign, user, entry key) have a run already."""
    return {tuple(row) for some in _parts(keys) for row in _TAKEN.rows(connection, some)}


def used_nonces(connection: Connection, keys: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    return {tuple(row) for some in _parts(keys) for row in _NONCES.rows(connection, some)}


def _parts(keys: Iterable[_Key]) -> Iterator[list[_Key]]:
    wanted = sorted(set(keys))
    return (wanted[i : i + _PER_QUERY] for i in range(0, len(wanted), _PER_QUERY))


def save(connection: Connection, out: Outcome) -> None:
    ordered = sorted(out.runs, key=lambda run: (run.campaign_id, run.user_id, run.entry_key))
    _RUNS.run(connection, [(*_values(run), "completed") for run in ordered])
    _LEDGER.run(connection, [_values(entry) for entry in out.ledger])
    _DELIVERIES.run(connection, [(*_values(one), "pending", 0, one.due_ms) for one in out.deliveries])
    _USED_NONCES.run(connection, sorted(out.nonces))


def _values(row: Run | LedgerEntry | Delivery) -> Row:
    return tuple([getattr(row, name) for name in row.__slots__])
