"""Putting a dead letter back into its stream, or putting it away for good."""

from __future__ import annotations

import msgspec
from redis import Redis
from sqlalchemy import Engine

from cueline import crash
from cueline.clock import Clock
from cueline.config import Settings
from cueline.deadletters.edit import Conflict, require_event, require_open
from cueline.deadletters.letter import find
from cueline.logs import Log
from cueline.store import dead_letters
from cueline.store.dead_letters import DeadLetter
from cueline.store.session import reading, writing
from cueline.streams import keys
from cueline.streams.append import append
from cueline.streams.entry import encode

_log = Log(__name__)


def replay(
    redis: Redis, engine: Engine, letter_id: int, *, settings: Settings, clock: Clock, workspace_id: int | None = None
) -> DeadLetter:
    """Puts the event back into its stream. However often that is done, it counts once: its eid is known by then.

    Raises NotFound, Conflict for a letter that is not open, CuelineError for one that is no event, Unavailable.
    """
    with reading(engine) as connection:
        letter = find(connection, letter_id, workspace_id=workspace_id)
    require_open(letter)
    entry = require_event(letter)
    who = entry.visitor_id or entry.user_ext_id or ""
    partition = keys.partition_of(entry.workspace_id, who, settings.partitions)
    again = encode(msgspec.structs.replace(entry, replay=letter.id))
    # Appended, then marked: a crash in between repeats it at the worst, and a repeat is harmless.
    append(redis, partition, [again], max_len=settings.stream_max)
    crash.point("after_replay_before_mark")
    with writing(engine) as connection:
        dead_letters.mark_replayed(connection, letter, now_ms=clock.now_ms())
        found = find(connection, letter_id)
    _log.info("dead letter replayed", letter=letter.id, workspace=letter.workspace_id, partition=partition)
    return found


def discard(engine: Engine, letter_id: int, *, clock: Clock, workspace_id: int | None = None) -> DeadLetter:
    """The letter stays to be read, and is done with. Raises NotFound, and Conflict for one that is not open."""
    with writing(engine) as connection:
        letter = find(connection, letter_id, workspace_id=workspace_id)
        require_open(letter)
        if not dead_letters.discard(connection, letter_id, now_ms=clock.now_ms()):
            raise Conflict(f"Dead letter {letter_id} was taken by somebody else just now. Look at it again.")
        found = find(connection, letter_id)
    _log.info("dead letter discarded", letter=letter.id, workspace=letter.workspace_id)
    return found
