"""Which rows the engine may ask for: found by decoding, before anything is decided.

A superset is enough: conditions are not tested here, since campaigns of the same batch may change what they see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from cueline.engine import Live
from cueline.engine.decode import decode
from cueline.engine.enter import key_of, read_of
from cueline.engine.past import PastKey, oldest_ms
from cueline.engine.state import Read, UserKey, UserState, VisitorKey
from cueline.events import Event


@dataclass(slots=True)
class Needs:
    """`counted`: (campaign, user) whose earlier entries count, since `since_ms`; `windows`: theirs, None is for ever.

    `past`: from when (ms) on a user's events of a trigger are looked back at. `keys`: entry keys to look up.
    `read`: the events, so that nothing is decoded twice.
    """

    counted: set[tuple[int, int]] = field(default_factory=set)
    since_ms: int = 0
    windows: set[int | None] = field(default_factory=set)
    past: dict[PastKey, int] = field(default_factory=dict)
    keys: set[tuple[int, int, str]] = field(default_factory=set)
    nonces: set[tuple[int, str]] = field(default_factory=set)
    read: dict[int, Read] = field(default_factory=dict)


def needs_of(
    batch: Sequence[Event],
    held: Mapping[VisitorKey, Sequence[Event]],
    *,
    users: Mapping[UserKey, UserState],
    lives: Mapping[int, Live],
) -> Needs:
    needs = Needs()
    for event, user in _with_users(batch, held, users):
        live = lives[event.workspace_id]
        read = needs.read[event.id] = read_of(decode(event, live), live)
        if read.decoded.refusal is None:
            _add(needs, event, read, user, live)
    if needs.windows and None not in needs.windows:
        oldest = min((event.received_ms for event in batch), default=0)
        needs.since_ms = oldest - max(window or 0 for window in needs.windows)
    return needs


def _with_users(
    batch: Iterable[Event], held: Mapping[VisitorKey, Sequence[Event]], users: Mapping[UserKey, UserState]
) -> Iterable[tuple[Event, UserState]]:
    """Every event of the batch or held with the user it will go to, as far as it goes to one."""
    waiting = {visitor: list(those) for visitor, those in held.items()}
    for event in batch:
        visitor = (event.workspace_id, event.visitor_id or "")
        if event.user_ext_id is None:
            waiting.setdefault(visitor, []).append(event)
            continue
        user = users[event.workspace_id, event.user_ext_id]
        if event.visitor_id is not None:
            yield from ((one, user) for one in waiting.pop(visitor, ()))
        yield event, user


def _add(needs: Needs, event: Event, read: Read, user: UserState, live: Live) -> None:
    decoded = read.decoded
    if decoded.nonce is not None:
        needs.nonces.add((event.workspace_id, decoded.nonce))
    seen = replace(event, payload=decoded.payload) if decoded.link is not None else event
    for campaign in read.candidates:
        for history in campaign.histories:
            since_ms = oldest_ms(history, now_ms=event.received_ms)
            key = user.id, history.trigger
            needs.past[key] = min(since_ms, needs.past.get(key, since_ms))
        entry = campaign.rule.entry
        if entry.limit is not None:
            needs.counted.add((campaign.id, user.id))
            needs.windows.add(entry.window_ms)
        if entry.key != "eid" or decoded.signature is not None:
            entry_key = key_of(campaign, seen, decoded, live)
            if entry_key is not None:
                needs.keys.add((campaign.id, user.id, entry_key))
