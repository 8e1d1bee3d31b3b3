"""The entry policy: what makes two entries of a user the same, and how many he may have."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, tzinfo
from typing import Any, Final

from cueline import durations
from cueline.campaigns.spec import DAY_MS, Entry
from cueline.clock import to_datetime
from cueline.conditions.paths import fault_of, lookup
from cueline.conditions.values import is_value
from cueline.errors import Problem
from cueline.events import SERVER, SYSTEM, Event, Payload
from cueline.problems import error, integer_at, join, mapping_at, suggestion

KEYS: Final = ("key", "limit", "window", "max_age")
LATER_KEYS: Final = ("while_active", "total_cap", "control_group")
MAX_LIMIT: Final = 1_000_000
MAX_KEY_LENGTH: Final = 200

TOO_OLD: Final = "too_old"
LIMIT_REACHED: Final = "limit_reached"

# Whose clock tells when it happened: ours and the shop's own servers', never a browser's.
_TRUSTED_CLOCKS: Final = frozenset({SERVER, SYSTEM})


def parse(value: object, *, at: str, problems: list[Problem]) -> Entry | None:
    """The policy, or None when its document has an error. None as a document is the default policy."""
    if value is None:
        return Entry()
    document = mapping_at(value, at=at, keys=(*KEYS, *LATER_KEYS), problems=problems)
    if document is None:
        return None
    before = len(problems)
    _refuse_later(document, at=at, problems=problems)
    entry = _read(document, at=at, problems=problems)
    return entry if len(problems) == before else None


def _refuse_later(document: Mapping[str, Any], *, at: str, problems: list[Problem]) -> None:
    for key in LATER_KEYS:
        if key in document:
            message = f'"{key}" is not supported in this version.'
            error(
                problems,
                join(at, key),
                code="not_supported_yet",
                message=message,
                value=document[key],
                allowed=KEYS,
            )


def _read(document: Mapping[str, Any], *, at: str, problems: list[Problem]) -> Entry:
    limit = _optional(document, "limit", at=at, problems=problems, read=_limit)
    window_ms = _optional(document, "window", at=at, problems=problems, read=durations.parse)
    max_age_ms = _optional(document, "max_age", at=at, problems=problems, read=durations.parse)
    if "window" in document and "limit" not in document:
        message = "A window needs a limit: how many entries may fall into it."
        error(problems, join(at, "window"), code="window_without_limit", message=message, value=document["window"])
    key = document.get("key", "eid")
    _check_key(key, at=join(at, "key"), problems=problems)
    return Entry(key=key, limit=limit, window_ms=window_ms, max_age_ms=max_age_ms or DAY_MS)


def _optional(
    document: Mapping[str, Any], key: str, *, at: str, problems: list[Problem], read: Callable[..., int | None]
) -> int | None:
    return read(document[key], at=join(at, key), problems=problems) if key in document else None


def _limit(value: object, *, at: str, problems: list[Problem]) -> int | None:
    return integer_at(value, at=at, problems=problems, least=1, most=MAX_LIMIT)


def _check_key(key: object, *, at: str, problems: list[Problem]) -> None:
    if isinstance(key, str) and (key in KEY_MAKERS or _is_field(key)):
        return
    near = suggestion(key, KEY_MAKERS) if isinstance(key, str) else ""
    message = f"An entry key is eid, once, day, week or a payload field.{near}"
    allowed = (*KEY_MAKERS, "event.<field>")
    error(problems, at, code="bad_entry_key", message=message, value=key, allowed=allowed)


def _is_field(key: str) -> bool:
    return key.startswith("event.") and fault_of(key) is None


def to_document(entry: Entry) -> dict[str, Any]:
    """What differs from the default policy."""
    document: dict[str, Any] = {}
    if entry.key != "eid":
        document["key"] = entry.key
    if entry.limit is not None:
        document["limit"] = entry.limit
    if entry.window_ms is not None:
        document["window"] = durations.to_text(entry.window_ms)
    if entry.max_age_ms != DAY_MS:
        document["max_age"] = durations.to_text(entry.max_age_ms)
    return document


def is_capped(entry: Entry) -> bool:
    """Whether a user's entries are bounded, whatever he sends."""
    return entry.limit is not None or entry.key in PERIOD_KEYS


def entry_key(
    entry: Entry,
    event: Event,
    *,
    payload: Payload | None = None,
    signature: str | None = None,
    zone: tzinfo = UTC,
    is_hidden: bool = False,
) -> str | None:
    """What may enter once per user and campaign; None when the event lacks the field that the policy names.

    `payload`: that of the decoded deep link, where the event is one.
    A signed link's signature is the key, whatever the policy. At most 200 characters: longer ones are hashed.
    `is_hidden`: the field is secret, and its value must not be stored outside the event.
    """
    if signature is not None:
        return _bounded(f"signature:{signature}")
    maker = KEY_MAKERS.get(entry.key)
    if maker is not None:
        return maker(event, zone)
    found = lookup({"event": event.payload if payload is None else payload}, entry.key)
    return _bounded(f"field:{_text_of(found)}", is_hidden=is_hidden) if is_value(found) else None


def _eid_key(event: Event, _zone: tzinfo) -> str:
    """With the sender: a browser must not burn the entry of a server's eid."""
    return _bounded(f"eid:{event.sender}:{event.eid}")


def _once_key(_event: Event, _zone: tzinfo) -> str:
    return "once"


def _day_key(event: Event, zone: tzinfo) -> str:
    return f"day:{_day_of(event, zone).isoformat()}"


def _week_key(event: Event, zone: tzinfo) -> str:
    year, week, _ = _day_of(event, zone).isocalendar()
    return f"week:{year}-W{week:02d}"


def _day_of(event: Event, zone: tzinfo) -> date:
    """A browser's own time would let it choose its day, and so how often it enters."""
    ms = event.at_ms if event.source in _TRUSTED_CLOCKS else event.received_ms
    return to_datetime(ms).astimezone(zone).date()


PERIOD_KEYS: Final = ("once", "day", "week")
KEY_MAKERS: Final[Mapping[str, Callable[[Event, tzinfo], str]]] = {
    "eid": _eid_key,
    "once": _once_key,
    "day": _day_key,
    "week": _week_key,
}


def _text_of(found: Any) -> str:
    """Links carry only text: 150 and "150" are the same key."""
    if isinstance(found, str):
        return found
    whole = int(found) if isinstance(found, float) and found.is_integer() else found
    return json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _bounded(key: str, *, is_hidden: bool = False) -> str:
    if len(key) <= MAX_KEY_LENGTH and not is_hidden:
        return key
    kind, _, rest = key.partition(":")
    return f"{kind}:sha256:{hashlib.sha256(rest.encode()).hexdigest()}"


def may_enter(entry: Entry, *, now_ms: int, at_ms: int, earlier_ms: Sequence[int]) -> str | None:
    """Why a user may not enter now, or None.

    `earlier_ms`: when, by our clock, he entered this campaign before. Counting by our clock, not by the
    events', keeps a browser from spreading its events over several windows.
    """
    if now_ms - at_ms > entry.max_age_ms:
        return TOO_OLD
    if entry.limit is None:
        return None
    since = None if entry.window_ms is None else now_ms - entry.window_ms
    counted = sum(1 for ms in earlier_ms if since is None or ms > since)
    return LIMIT_REACHED if counted >= entry.limit else None
