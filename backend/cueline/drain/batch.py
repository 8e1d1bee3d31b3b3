"""One batch, one transaction: check the lease, leave out repeats, load, let the engine decide, write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import Connection

from cueline.drain.ids import Ids
from cueline.drain.needs import Needs, needs_of
from cueline.engine import Outcome, State, advance
from cueline.events import DEAD, Event
from cueline.store.batch import events as event_rows
from cueline.store.batch import leases, past, registry, runs, users
from cueline.store.batch.events import EidKey
from cueline.store.batch.live import LiveBook
from cueline.streams.entry import StreamEntry


@dataclass(frozen=True, slots=True)
class Report:
    """What a committed batch did, for metrics and hints.

    `statuses`: events by what became of them; `effects`: by kind. `took_s`: from BEGIN to COMMIT.
    """

    statuses: Mapping[str, int] = field(default_factory=dict)
    repeats: int = 0
    runs: int = 0
    deliveries: int = 0
    effects: Mapping[str, int] = field(default_factory=dict)
    took_s: float = 0.0
    partitions: tuple[int, ...] = ()


def handle(
    connection: Connection,
    entries: Sequence[StreamEntry],
    *,
    epochs: Mapping[int, int],
    live_book: LiveBook,
    now_ms: int,
) -> Report:
    """Everything that a batch does to SQL. `epochs`: partition -> epoch of the lease under which it was read."""
    ids = Ids(partition=min(epochs), after=leases.check(connection, epochs), now_ms=now_ms)
    fresh, replayed = _leave_out_repeats(connection, entries)
    if not fresh:
        return Report(repeats=len(entries))
    event_rows.forget_dead(connection, replayed)
    batch = [event_of(entry, ids()) for entry in fresh]
    state = _load(connection, batch, live_book=live_book, ids=ids, now_ms=now_ms)
    out = advance(batch, state)
    _write(connection, out, state, partition=min(epochs))
    leases.remember(connection, list(epochs), ids.last)
    return _report(out, repeats=len(entries) - len(fresh))


def event_of(entry: StreamEntry, id_: int) -> Event:
    return Event(
        id_,
        entry.workspace_id,
        entry.sender,
        entry.eid,
        entry.type,
        msgspec.json.decode(entry.payload),
        entry.source,
        entry.at_ms,
        entry.received_ms,
        entry.visitor_id,
        entry.user_ext_id,
        entry.verified,
        entry.hops,
        entry.context,
    )


def _leave_out_repeats(connection: Connection, entries: Sequence[StreamEntry]) -> tuple[list[StreamEntry], list[int]]:
    """The entries that are new, and the rows of dead events that are replayed."""
    first: dict[EidKey, StreamEntry] = {}
    for entry in entries:
        key = (entry.workspace_id, entry.sender, entry.eid)
        # A replay says more than a repeat of its sender, whichever came first.
        if key not in first or (first[key].replay is None and entry.replay is not None):
            first[key] = entry
    replayed = []
    for key, (id_, status) in event_rows.known(connection, first).items():
        if status == DEAD and first[key].replay is not None:
            replayed.append(id_)
        else:
            del first[key]
    return list(first.values()), replayed


def _load(connection: Connection, batch: Sequence[Event], *, live_book: LiveBook, ids: Ids, now_ms: int) -> State:
    lives = live_book.current(connection, {event.workspace_id for event in batch})
    named = [event for event in batch if event.user_ext_id is not None]
    found = users.load(
        connection,
        [(event.workspace_id, event.user_ext_id) for event in named if event.user_ext_id is not None],
        new_id=ids,
        now_ms=now_ms,
    )
    held = event_rows.held(connection, _visitors(named))
    needs = needs_of(batch, held, users=found, lives=lives)
    return State(
        lives,
        ids,
        users=found,
        held=held,
        entered=runs.entered(connection, needs.counted, since_ms=needs.since_ms),
        entry_keys=runs.taken_keys(connection, needs.keys),
        nonces=_used_nonces(connection, needs),
        past=past.load(connection, needs.past, workspaces={user.id: user.workspace_id for user in found.values()}),
        read=needs.read,
    )


def _used_nonces(connection: Connection, needs: Needs) -> set[tuple[int, str]]:
    return runs.used_nonces(connection, needs.nonces)


def _visitors(named: Iterable[Event]) -> set[tuple[int, str]]:
    return {(event.workspace_id, event.visitor_id) for event in named if event.visitor_id is not None}


def _write(connection: Connection, out: Outcome, state: State, *, partition: int) -> None:
    event_rows.save(connection, out.decided.values())
    runs.save(connection, out)
    users.save(connection, state.users.values())
    registry.save_visits(connection, out.visits)
    registry.save_sightings(connection, partition, out.sightings)


def _report(out: Outcome, *, repeats: int) -> Report:
    statuses = Counter(one.status for one in out.decided.values())
    effects = Counter(str(step["effect"]) for run in out.runs for step in run.steps)
    return Report(statuses, repeats, len(out.runs), len(out.deliveries), effects)
