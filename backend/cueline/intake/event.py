"""The checks of one event, the same at both doors; only the names of the fields differ."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec

from cueline import events
from cueline.errors import EventRefused
from cueline.intake import payloads, reading, times, values
from cueline.intake.limits import MAX_ID

# Types that only we may write: what is an outcome today, and what the design names as one.
RESERVED_TYPES: Final = events.OUTCOMES | {"email_opened", "email_clicked", "mission_completed", "badge_awarded"}

# JSON, or whatever value `reading.loads` made of it.
Wire = msgspec.Raw | bytes | Any

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID)]


class PlainEvent(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An event of the collector that was read with its envelope, in JSON that `values.has_plain_values`."""

    eid: Id
    type: Id
    payload: dict[str, Any] = {}
    at: Annotated[int, msgspec.Meta(ge=0)] | Annotated[float, msgspec.Meta(ge=0)] | msgspec.UnsetType = msgspec.UNSET


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """An event that may go in. `payload` is what becomes JSON, in the drain's shape; `ignored` its unknown fields."""

    eid: str
    type: str
    payload: msgspec.Raw | dict[str, Any]
    at_ms: int
    user_ext_id: str | None = None
    ignored: tuple[str, ...] = ()

    def json(self) -> msgspec.Raw:
        """The payload as it goes into a stream."""
        return self.payload if isinstance(self.payload, msgspec.Raw) else msgspec.Raw(_encode(self.payload))


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """An event that may not. `eid` is None where it has none that can be used."""

    eid: str | None
    code: str
    message: str
    field: str | None = None


class Spelling(msgspec.Struct, frozen=True):
    """What a door calls an event's fields."""

    type: str
    shapes: Mapping[str, payloads.Shape]
    known: frozenset[str]


BROWSER: Final = Spelling("type", payloads.BROWSER, frozenset({"eid", "type", "at", "payload"}))
SERVER: Final = Spelling(
    "event_type",
    payloads.SERVER,
    frozenset({"eid", "event_type", "event_date", "payload", "user_ext_id"}),
)

_NO_PAYLOAD: Final[dict[str, Any]] = {}
_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode


def check_browser_event(event: Wire, *, received_ms: int, sent_at_ms: int | None) -> Accepted | Rejected:
    """An event of the collector: JSON, or the value that `reading.loads` made of it in an envelope with a fault."""
    found: Mapping[str, Any] = {}
    try:
        found, is_plain = _open(event)
        at_ms = received_ms
        if "at" in found:
            at_ms = times.browser_time(found["at"], received_ms=received_ms, sent_at_ms=sent_at_ms)
        return _accepted(found, BROWSER, at_ms=at_ms, user_ext_id=None, is_plain=is_plain)
    except EventRefused as refused:
        return _rejected(found, refused)


def check_plain_event(event: PlainEvent, *, received_ms: int, sent_at_ms: int | None) -> Accepted | Rejected:
    """As `check_browser_event`, of what cannot have any fault that the type of its fields rules out."""
    type_, payload, at_ms = event.type, event.payload, received_ms
    try:
        if event.at is not msgspec.UNSET:
            at_ms = times.corrected_time(event.at, received_ms=received_ms, sent_at_ms=sent_at_ms)
        _check_type(type_, BROWSER.type)
        if not values.is_flat(payload):
            values.check_payload(payload)
        shape = BROWSER.shapes.get(type_)
        return Accepted(event.eid, type_, payload if shape is None else shape(payload), at_ms)
    except EventRefused as refused:
        return Rejected(event.eid, refused.code, refused.message, refused.field)


def check_server_event(event: Wire, *, received_ms: int) -> Accepted | Rejected:
    """An event of `POST /api/v1/events`: it must name its user."""
    found: Mapping[str, Any] = {}
    try:
        found, is_plain = _open(event)
        user_ext_id = _id(found, "user_ext_id", code="bad_user")
        at_ms = received_ms
        if "event_date" in found:
            at_ms = times.server_time(found["event_date"], received_ms=received_ms)
        return _accepted(found, SERVER, at_ms=at_ms, user_ext_id=user_ext_id, is_plain=is_plain)
    except EventRefused as refused:
        return _rejected(found, refused)


def _open(event: Wire) -> tuple[Mapping[str, Any], bool]:
    """The event's fields, and whether they are known to break no limit of size, text or number."""
    found, is_plain = _read(bytes(event)) if isinstance(event, msgspec.Raw | bytes) else (event, False)
    if not isinstance(found, dict):
        raise EventRefused("not_an_object", "An event must be a JSON object.")
    return found, is_plain


def _read(raw: bytes) -> tuple[Any, bool]:
    try:
        return _decode(raw), values.is_plain(raw)
    except reading.FAILURES:
        pass
    try:
        return reading.loads(raw), False
    except reading.NotJson as error:
        raise EventRefused(error.code, error.message) from error


def _accepted(
    found: Mapping[str, Any], spelling: Spelling, *, at_ms: int, user_ext_id: str | None, is_plain: bool
) -> Accepted:
    eid = _id(found, "eid", code="bad_eid")
    type_ = _type(found, spelling.type)
    payload = _payload(found, spelling.shapes.get(type_), is_plain=is_plain)
    return Accepted(eid, type_, payload, at_ms, user_ext_id, _ignored(found, spelling.known))


def _id(found: Mapping[str, Any], field: str, *, code: str) -> str:
    value = found.get(field)
    if values.is_id(value):
        return str(value)
    if field not in found:
        raise EventRefused("missing_field", f"{field} is required.", field=field)
    message = f"{field} must be text of 1 to {MAX_ID} characters, without U+0000 and cut emojis."
    raise EventRefused(code, message, field=field)


def _type(found: Mapping[str, Any], field: str) -> str:
    type_ = _id(found, field, code="bad_type")
    _check_type(type_, field)
    return type_


@lru_cache(maxsize=4_096)
def _check_type(type_: str, field: str) -> None:
    if type_ in RESERVED_TYPES:
        message = f"{type_} is one of our own outcomes and cannot be sent. Choose another name."
        raise EventRefused("reserved_type", message, field=field)
    if values.has_control(type_):
        raise EventRefused("bad_type", f"{field} must have no control character.", field=field)


def _payload(found: Mapping[str, Any], shape: payloads.Shape | None, *, is_plain: bool) -> msgspec.Raw:
    payload = found.get("payload", _NO_PAYLOAD)
    if not isinstance(payload, dict):
        raise EventRefused("bad_payload", "payload must be a JSON object.", field="payload")
    if not is_plain:
        values.check_payload(payload)
    return msgspec.Raw(_encode(payload if shape is None else shape(payload)))


def _ignored(found: Mapping[str, Any], known: frozenset[str]) -> tuple[str, ...]:
    if found.keys() <= known:
        return ()
    return tuple(sorted(values.shown(name) for name in found.keys() - known))


def _rejected(found: Mapping[str, Any], refused: EventRefused) -> Rejected:
    eid = found.get("eid")
    return Rejected(eid if values.is_id(eid) else None, refused.code, refused.message, refused.field)
