"""The envelope of `POST /v1/collect`: read fast when it is as it should be, named in its faults when it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, cast

import msgspec

from cueline.collector import context
from cueline.errors import HttpError
from cueline.intake import reading, values
from cueline.intake.event import Id, PlainEvent
from cueline.intake.limits import MAX_COLLECT_EVENTS, MAX_ID
from cueline.intake.times import is_time

_FIELDS: Final = frozenset({"key", "visitor_id", "events", "sent_at", "user", "context"})
_REQUIRED: Final = ("key", "visitor_id", "events")
_USER_FIELDS: Final = frozenset({"id", "hash"})


class Envelope(msgspec.Struct, frozen=True):
    """What the events of a request share.

    `is_plain`: they are all PlainEvents. Else an event is raw JSON, or a value if the envelope had a fault.
    """

    key: str
    visitor_id: str
    events: Sequence[Any]
    sent_at_ms: int | None
    user_id: str | None
    user_hash: str | None
    context: dict[str, str]
    ignored: Sequence[str]
    is_plain: bool = False


class _User(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    id: str | None = None
    hash: str | None = None


class _Wire(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    visitor_id: str
    events: list[msgspec.Raw]
    sent_at: int | float | msgspec.UnsetType = msgspec.UNSET
    user: _User | None = None
    context: dict[str, str] | None = None


class _PlainUser(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    id: Id | None = None
    hash: str | None = None


class _PlainWire(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Like `_Wire`, by types that know the limits; whatever does not fit is looked at more closely."""

    key: str
    visitor_id: Id
    events: Annotated[list[PlainEvent], msgspec.Meta(max_length=MAX_COLLECT_EVENTS)]
    sent_at: Annotated[int, msgspec.Meta(ge=0)] | msgspec.UnsetType = msgspec.UNSET
    user: _PlainUser | None = None
    context: context.Whole = {}


_NOBODY: Final = _User()
_PLAIN_NOBODY: Final = _PlainUser()
_decode: Final = msgspec.json.Decoder(_Wire).decode
_decode_plain: Final = msgspec.json.Decoder(_PlainWire).decode


def read(body: bytes) -> Envelope:
    """Raises HttpError 400 for a fault of the envelope itself; those of single events are found later."""
    try:
        wire = _decode_plain(body)
    except reading.FAILURES:
        return _read_closely(body)
    # In one go, and as nearly every envelope is; the rest may have a fault somewhere.
    if not values.has_plain_values(body):
        return _read_closely(body)
    user = wire.user or _PLAIN_NOBODY
    sent_at_ms = None if wire.sent_at is msgspec.UNSET else wire.sent_at
    said = cast("dict[str, str]", wire.context)
    return Envelope(wire.key, wire.visitor_id, wire.events, sent_at_ms, user.id, user.hash, said, (), True)


def _read_closely(body: bytes) -> Envelope:
    try:
        wire = _decode(body)
    except reading.FAILURES:
        return _read_slowly(body)
    user = wire.user or _NOBODY
    _check_id(wire.visitor_id, "visitor_id")
    if user.id is not None:
        _check_id(user.id, "user.id")
    return Envelope(
        key=wire.key,
        visitor_id=wire.visitor_id,
        events=_few(wire.events),
        sent_at_ms=None if wire.sent_at is msgspec.UNSET else _time(wire.sent_at),
        user_id=user.id,
        user_hash=user.hash,
        context=context.kept(wire.context),
        ignored=context.ignored(wire.context),
    )


def _read_slowly(body: bytes) -> Envelope:
    """What msgspec refused: for a bad event, an unknown field, or a fault that this names."""
    found = _load(body)
    for field in _REQUIRED:
        if field not in found:
            raise HttpError(400, "missing_field", f"{field} is required.")
    user = _user(found.get("user"))
    return Envelope(
        key=_text(found["key"], "key"),
        visitor_id=_check_id(found["visitor_id"], "visitor_id"),
        events=_few(found["events"]),
        sent_at_ms=_time(found["sent_at"]) if "sent_at" in found else None,
        user_id=None if user.get("id") is None else _check_id(user["id"], "user.id"),
        user_hash=None if user.get("hash") is None else _text(user["hash"], "user.hash"),
        context=context.kept(found.get("context")),
        ignored=[
            *(found.keys() - _FIELDS),
            *(f"user.{name}" for name in user.keys() - _USER_FIELDS),
            *context.ignored(found.get("context")),
        ],
    )


def _load(body: bytes) -> dict[str, Any]:
    try:
        found = reading.loads(body)
    except reading.NotJson as error:
        raise HttpError(400, error.code, error.message) from error
    if not isinstance(found, dict):
        raise HttpError(400, "malformed_json", "The body must be a JSON object.")
    return found


def _user(value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _bad_field("user", "must be an object")
    return value


def _few(found: Any) -> Sequence[Any]:
    if not isinstance(found, list):
        raise _bad_field("events", "must be a list of events")
    if len(found) > MAX_COLLECT_EVENTS:
        message = f"{len(found)} events in one request; at most {MAX_COLLECT_EVENTS} are taken."
        raise HttpError(400, "too_many_events", message)
    return found


def _check_id(value: Any, field: str) -> str:
    if not values.is_id(value):
        raise _bad_field(field, f"must be text of 1 to {MAX_ID} characters, without U+0000 and cut emojis")
    return str(value)


def _time(value: Any) -> int:
    if not is_time(value):
        raise _bad_field("sent_at", "must be epoch milliseconds")
    return int(value)


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise _bad_field(field, "must be text")
    return value


def _bad_field(field: str, what: str) -> HttpError:
    return HttpError(400, "bad_field", f"{field} {what}.")
