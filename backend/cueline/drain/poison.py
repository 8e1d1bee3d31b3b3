"""What the engine cannot handle: out of the way with its error, and back again once the cause is mended."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from redis import Redis
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import StatementError

from cueline import events as words
from cueline.clock import Clock
from cueline.config import Settings
from cueline.errors import CuelineError, NotFound
from cueline.store import dead_letters
from cueline.store.dead_letters import DeadLetter
from cueline.store.session import reading, writing
from cueline.streams import keys
from cueline.streams.append import append
from cueline.streams.entry import BadEntry, StreamEntry, decode, encode
from cueline.streams.read import Message

_LONGEST_ERROR: Final = 4_000


def bury(connection: Connection, message: Message, error: Exception, *, new_id: int, now_ms: int) -> None:
    """Keeps the entry as a dead letter and, where the event can be stored at all, as a row with status `dead`."""
    entry = _decoded(message.data or b"")
    dead_letters.add(
        connection,
        {
            "workspace_id": entry.workspace_id if entry else None,
            "partition": message.partition,
            "stream_id": message.stream_id,
            "entry": _storable((message.data or b"").decode("utf-8", "backslashreplace")),
            "error": _storable(told(error))[:_LONGEST_ERROR],
            "at_ms": now_ms,
        },
    )
    if entry is not None:
        payloads: tuple[Any, ...] = (_payload(entry), {})
        tries = [_event_row(entry, payload, error, new_id, now_ms) for payload in payloads]
        dead_letters.add_event(connection, entry.workspace_id, tries)


def told(error: Exception) -> str:
    """Its type and first line: the lines after it, where a database says more, quote the row and so the payload."""
    cause = error.orig if isinstance(error, StatementError) and error.orig is not None else error
    return f"{type(cause).__name__}: {str(cause).partition(chr(10))[0]}"


def replay(redis: Redis, engine: Engine, letter_id: int, *, settings: Settings, clock: Clock) -> DeadLetter:
    """Puts the entry back into its stream. Done twice it changes nothing: its eid is known by then.

    Raises NotFound, or CuelineError for a letter that was replayed before or is no entry at all.
    """
    with reading(engine) as connection:
        letter = dead_letters.by_id(connection, letter_id)
    if letter is None:
        raise NotFound(f"There is no dead letter {letter_id}. `cueline dead-letters list` shows those there are.")
    if letter.replayed_ms is not None:
        raise CuelineError(f"Dead letter {letter_id} was replayed already.", code="already_replayed")
    entry = _decoded(letter.entry.encode("utf-8", "surrogatepass"))
    if entry is None:
        raise CuelineError(f"Dead letter {letter_id} is no event: {letter.error}", code="bad_entry")
    who = entry.visitor_id or entry.user_ext_id or ""
    partition = keys.partition_of(entry.workspace_id, who, settings.partitions)
    again = encode(msgspec.structs.replace(entry, replay=letter.id))
    # Appended, then marked: a crash in between repeats it at the worst, and a repeat is harmless.
    append(redis, partition, [again], max_len=settings.stream_max)
    with writing(engine) as connection:
        dead_letters.mark_replayed(connection, letter_id, now_ms=clock.now_ms())
    return letter


def summary(letter: DeadLetter) -> dict[str, Any]:
    """What lists may show of a letter: never its payload, which may hold secrets."""
    entry = _decoded(letter.entry.encode("utf-8", "surrogatepass"))
    payload = _payload(entry) if entry else {}
    return {
        "id": letter.id,
        "error": letter.error,
        "at_ms": letter.at_ms,
        "replayed_ms": letter.replayed_ms,
        "eid": entry.eid if entry else None,
        "type": entry.type if entry else None,
        "action": words.action_name(entry.type, payload) if entry and isinstance(payload, dict) else None,
        "user_ext_id": entry.user_ext_id if entry else None,
        "visitor_id": entry.visitor_id if entry else None,
    }


def _decoded(data: bytes) -> StreamEntry | None:
    try:
        return decode(data)
    except BadEntry:
        return None


def _payload(entry: StreamEntry) -> Any:
    try:
        return msgspec.json.decode(entry.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def _storable(text: str) -> str:
    """PostgreSQL takes no U+0000 in text."""
    return text.replace("\x00", "\\x00")


def _event_row(entry: StreamEntry, payload: Any, error: Exception, id_: int, now_ms: int) -> dict[str, Any]:
    return {
        "id": id_,
        "workspace_id": entry.workspace_id,
        "sender": entry.sender,
        "eid": entry.eid,
        "type": entry.type,
        "action": words.action_name(entry.type, payload) if isinstance(payload, dict) else None,
        "payload": payload,
        "source": entry.source,
        "status": words.DEAD,
        "reason": type(error).__name__,
        "visitor_id": entry.visitor_id,
        "verified": entry.verified,
        "hops": entry.hops,
        "context": {},
        "matches": [],
        "at_ms": entry.at_ms,
        "received_ms": entry.received_ms,
        "decided_ms": now_ms,
    }
