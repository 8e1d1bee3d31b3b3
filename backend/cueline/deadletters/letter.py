"""A dead letter as people may see it: what failed, where, and the event with its secrets masked."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection

from cueline import events
from cueline.errors import NotFound
from cueline.store import dead_letters, masking
from cueline.store.dead_letters import DeadLetter
from cueline.store.masking import Secrets
from cueline.streams.entry import BadEntry, StreamEntry, decode

Shown = dict[str, Any]


def find(connection: Connection, id_: int, *, workspace_id: int | None = None) -> DeadLetter:
    found = dead_letters.by_id(connection, id_, workspace_id=workspace_id)
    if found is None:
        raise NotFound(f"There is no dead letter {id_}. `cueline dead-letters list` shows those there are.")
    return found


def event_of(letter: DeadLetter) -> StreamEntry | None:
    """None: these bytes are no event."""
    try:
        return decode(letter.entry.encode("utf-8", "surrogatepass"))
    except BadEntry:
        return None


def payload_of(entry: StreamEntry) -> dict[str, Any]:
    """Empty for one that is no object: only a hand that wrote into the stream makes such."""
    try:
        payload = msgspec.json.decode(entry.payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def summary(letter: DeadLetter, secrets: Secrets) -> Shown:
    """What a list shows: no payload."""
    entry = event_of(letter)
    return {
        "id": letter.id,
        "state": letter.state,
        "error": _error(letter, entry, secrets),
        "at_ms": letter.at_ms,
        "replayed_ms": letter.replayed_ms,
        "discarded_ms": letter.discarded_ms,
        "eid": entry.eid if entry else None,
        "type": entry.type if entry else None,
        "action": events.action_name(entry.type, payload_of(entry)) if entry else None,
        "user_ext_id": entry.user_ext_id if entry else None,
        "visitor_id": entry.visitor_id if entry else None,
    }


def whole(letter: DeadLetter, secrets: Secrets) -> Shown:
    """All of it. `event` is None where the entry is no event; then `size` is all that can be said."""
    entry = event_of(letter)
    return summary(letter, secrets) | {
        "partition": letter.partition,
        "stream_id": letter.stream_id,
        "size": len(letter.entry),
        "event": _event(entry, secrets) if entry else None,
        "edits": [_edit(edit, secrets) for edit in letter.edits],
    }


def load_secrets(connection: Connection, letter: DeadLetter) -> Secrets:
    return masking.load(connection, letter.workspace_id or 0)


def masked(payload: Any, secrets: Secrets) -> Any:
    """By the secret paths of every action: that it names the wrong one may be why it is dead."""
    shown = secrets.payload(None, payload)
    for action in secrets.by_action:
        shown = secrets.payload(action, shown)
    return shown


def _error(letter: DeadLetter, entry: StreamEntry | None, secrets: Secrets) -> str:
    """An error may quote what it choked on."""
    error = letter.error
    if entry is None:
        return error
    payload = payload_of(entry)
    for action in secrets.by_action:
        error = secrets.text(action, payload, error) or ""
    return error


def _event(entry: StreamEntry, secrets: Secrets) -> Shown:
    return {
        "source": entry.source,
        "sender": entry.sender,
        "verified": entry.verified,
        "hops": entry.hops,
        "at_ms": entry.at_ms,
        "received_ms": entry.received_ms,
        "context": entry.context,
        "payload": masked(payload_of(entry), secrets),
    }


def _edit(edit: Shown, secrets: Secrets) -> Shown:
    return edit | {"changes": [_change(one, secrets) for one in edit["changes"]]}


def _change(change: Shown, secrets: Secrets) -> Shown:
    place, _, key = change["field"].partition(".")
    if place != "payload":
        return change
    return change | {side: masked({key: change[side]}, secrets)[key] for side in ("from", "to")}
