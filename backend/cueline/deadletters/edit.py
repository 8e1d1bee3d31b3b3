"""Fixing a dead letter: what is wrong in it is changed, checked as at the door, and written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Engine

from cueline import events
from cueline.clock import Clock
from cueline.deadletters.letter import event_of, find, load_secrets, payload_of
from cueline.errors import CuelineError, EventRefused
from cueline.events import MASK
from cueline.intake import times, values
from cueline.intake.event import Accepted, check_browser_event
from cueline.intake.limits import MAX_EVENT_BYTES, MAX_ID
from cueline.store import dead_letters, masking
from cueline.store.dead_letters import DISCARDED, OPEN, REPLAYED, DeadLetter
from cueline.store.masking import Secrets
from cueline.store.session import writing
from cueline.streams.entry import StreamEntry, encode

MOST_EDITS: Final = 100
_ALREADY: Final = {REPLAYED: "already_replayed", DISCARDED: "already_discarded"}


class Conflict(CuelineError):
    """The letter is not in a state in which this can be done to it."""

    code = "not_open"


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different; None: as it is. `payload` is merged: null removes a field, the rest stays.

    `at`: as `event_date` of the REST API. Where the mask of a secret value comes back, the value stays.
    """

    type: str | None = None
    at: int | float | str | None = None
    user_ext_id: str | None = None
    payload: Mapping[str, Any] | None = None


def edit(
    engine: Engine, letter_id: int, change: Change, *, by: str, clock: Clock, workspace_id: int | None = None
) -> DeadLetter:
    """The letter with its changes. `by`: who, for the letter's own record.

    Raises NotFound, Conflict (it is not open, or somebody else changed it just now), EventRefused when what came of
    it would be refused at the door, and CuelineError when nothing in it can be changed.
    """
    with writing(engine) as connection:
        letter = find(connection, letter_id, workspace_id=workspace_id)
        entry = _changeable(letter)
        changed = _checked(entry, change)
        _keep_secrets(entry, changed, load_secrets(connection, letter))
        changes = _differences(entry, changed)
        if not changes:
            return letter
        record = {"at_ms": clock.now_ms(), "by": by, "changes": changes}
        if not dead_letters.change(connection, letter, entry=encode(changed).decode(), edit=record):
            raise Conflict(f"Dead letter {letter.id} was changed by somebody else just now. Look at it again.")
        return find(connection, letter_id)


def require_open(letter: DeadLetter) -> None:
    if letter.state != OPEN:
        raise Conflict(f"Dead letter {letter.id} was {letter.state} already.", code=_ALREADY[letter.state])


def require_event(letter: DeadLetter) -> StreamEntry:
    entry = event_of(letter)
    if entry is None:
        message = f"Dead letter {letter.id} is no event, so it can only be discarded: {letter.error}"
        raise CuelineError(message, code="bad_entry")
    return entry


def _changeable(letter: DeadLetter) -> StreamEntry:
    require_open(letter)
    entry = require_event(letter)
    if entry.source == events.SYSTEM:
        raise CuelineError("This is an outcome of our own: it can be replayed or discarded.", code="own_outcome")
    if len(letter.edits) >= MOST_EDITS:
        raise CuelineError(f"Dead letter {letter.id} was changed {MOST_EDITS} times already.", code="too_many_edits")
    return entry


def _checked(entry: StreamEntry, change: Change) -> StreamEntry:
    """The changed entry, as the door would have it: type, time and payload, in the shape that the drain reads."""
    payload = payload_of(entry)
    if change.payload is not None:
        values.check_payload(dict(change.payload))
        payload = merged(payload, change.payload)
    at_ms = entry.at_ms if change.at is None else times.server_time(change.at, received_ms=entry.received_ms)
    event = {"eid": entry.eid, "type": change.type or entry.type, "at": at_ms, "payload": payload}
    verdict = check_browser_event(event, received_ms=entry.received_ms, sent_at_ms=None)
    if not isinstance(verdict, Accepted):
        raise EventRefused(verdict.code, verdict.message, field=verdict.field)
    raw = msgspec.json.encode(verdict.payload)
    if len(raw) > MAX_EVENT_BYTES:
        raise EventRefused("event_too_large", f"The payload is over {MAX_EVENT_BYTES // 1024} KiB.", field="payload")
    found = {"type": verdict.type, "at_ms": verdict.at_ms, "payload": msgspec.Raw(raw)}
    return msgspec.structs.replace(entry, **found, **_user(entry, change.user_ext_id))


def _keep_secrets(before: StreamEntry, after: StreamEntry, secrets: Secrets) -> None:
    """Which fields are secret is said of an action: under another name or type their values would be shown."""
    payload = payload_of(after)
    hidden = secrets.paths(events.action_name(before.type, payload_of(before)))
    seen = masking.mask_paths(payload, secrets.paths(events.action_name(after.type, payload)))
    shown = [path for path in hidden if masking.mask_paths(seen, (path,)) != seen]
    if shown:
        fields = ", ".join(shown)
        message = f"Secret fields would be shown: {fields}. Remove them from the payload (null), or keep the action."
        raise EventRefused("secret_would_show", message, field=f"payload.{shown[0]}")


def _user(entry: StreamEntry, user_ext_id: str | None) -> dict[str, Any]:
    """Another user, if it is one: what a page proved, it proved of the user that it named."""
    if user_ext_id is None or user_ext_id == entry.user_ext_id:
        return {}
    if not values.is_id(user_ext_id):
        message = f"user_ext_id must be text of 1 to {MAX_ID} characters, without U+0000 and cut emojis."
        raise EventRefused("bad_user", message, field="user_ext_id")
    return {"user_ext_id": user_ext_id, "verified": entry.verified and entry.source == events.SERVER}


def merged(value: Any, patch: Any) -> Any:
    """RFC 7396, JSON Merge Patch; a mask changes nothing."""
    if not isinstance(patch, Mapping):
        return value if patch == MASK and value is not None else patch
    found = dict(value) if isinstance(value, dict) else {}
    for key, item in patch.items():
        if item is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), item)
    return found


def _differences(before: StreamEntry, after: StreamEntry) -> list[dict[str, Any]]:
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in ("type", "at_ms", "user_ext_id")}
    old, new = payload_of(before), payload_of(after)
    pairs |= {f"payload.{key}": (old.get(key), new.get(key)) for key in {**old, **new}}
    return [{"field": name, "from": was, "to": is_} for name, (was, is_) in pairs.items() if was != is_]
