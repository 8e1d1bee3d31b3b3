"""The lease's SQL half: an epoch that only grows, and the last id that was given out on the partition."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from cueline.errors import LeaseLost
from cueline.store.batch.keyed import Keyed
from cueline.store.batch.rows import Update
from cueline.store.session import is_postgresql
from cueline.store.tables import leases

_LOCKED = Keyed(
    select(leases.c.partition, leases.c.epoch, leases.c.last_id)
    .order_by(leases.c.partition)
    .with_for_update(of=leases),
    leases.c.partition,
)
_REMEMBER = Update(leases, "last_id", key="partition")


def begin_epoch(connection: Connection, partition: int, *, owner: str) -> int:
    """The new owner's epoch. Waits for a batch of the older owner that is just committing."""
    insert = pg_insert if is_postgresql(connection) else sqlite_insert
    row = insert(leases).values(partition=partition, epoch=1, owner=owner, last_id=0)
    upsert = row.on_conflict_do_update(
        index_elements=["partition"], set_={"epoch": leases.c.epoch + 1, "owner": owner}
    ).returning(leases.c.epoch)
    return int(connection.execute(upsert).scalar_one())


def check(connection: Connection, epochs: Mapping[int, int]) -> int:
    """Locks the partitions' rows and compares epochs (partition -> epoch). Returns the largest id given out."""
    rows = _LOCKED.rows(connection, [(partition,) for partition in epochs])
    found = {partition: epoch for partition, epoch, _ in rows}
    lost = [p for p, epoch in epochs.items() if found.get(p) != epoch]
    if lost:
        raise LeaseLost(f"Another drain took over partition {lost[0]} (epoch {found.get(lost[0])}).")
    return max((last_id for _, _, last_id in rows), default=0)


def remember(connection: Connection, partitions: list[int], last_id: int) -> None:
    """Call after `check`, which has locked the rows."""
    _REMEMBER.run(connection, [(last_id, partition) for partition in partitions])
