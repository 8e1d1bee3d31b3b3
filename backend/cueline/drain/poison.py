"""What the engine cannot handle: out of the way, with its error, to be read and replayed (`deadletters/`)."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import StatementError

from cueline import events as words
from cueline.store import dead_letters
from cueline.streams.entry import BadEntry, StreamEntry, decode
from cueline.streams.read import Message

_LONGEST_ERROR: Final = 4_000


def bury(connection: Connection, message: Message, error: Exception, *, new_id: int, now_ms: int) -> None:
    """Keeps the entry as a dead letter and, where the event can be stored at all, as a row with status `dead`."""
    entry = _decoded(message.data or b"")
    dead_letters.keep(
        connection,
        {
            "workspace_id": entry.workspace_id if entry else None,
            "partition": message.partition,
            "stream_id": message.stream_id,
            "entry": _storable((message.data or b"").decode("utf-8", "backslashreplace")),
            "error": _storable(told(error))[:_LONGEST_ERROR],
            "at_ms": now_ms,
        },
        replay_of=entry.replay if entry else None,
    )
    if entry is not None:
        payloads: tuple[Any, ...] = (_payload(entry), {})
        tries = [_event_row(entry, payload, error, new_id, now_ms) for payload in payloads]
        dead_letters.add_event(connection, entry.workspace_id, tries)


def told(error: Exception) -> str:
    """Its type and first line: the lines after it, where a database says more, quote the row and so the payload."""
    cause = error.orig if isinstance(error, StatementError) and error.orig is not None else error
    return f"{type(cause).__name__}: {str(cause).partition(chr(10))[0]}"


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
