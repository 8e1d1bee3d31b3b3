"""What a value may be at the doors: text that every store takes, numbers of 64 bits, a payload of sane size."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from cueline.errors import EventRefused
from cueline.intake.limits import MAX_DEPTH, MAX_ID, MAX_INTEGER, MAX_KEYS, MIN_INTEGER

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
# Six times as fast as a pattern: all digits become zeros, so that a long number is a run of them.
_ZEROS: Final = bytes.maketrans(b"123456789", b"000000000")
_LONG_NUMBER: Final = b"0" * 19
_SHOWN: Final = 80

Inside = Iterator[tuple[str, Any]]


def is_storable(text: str) -> bool:
    """PostgreSQL takes no U+0000, and no UTF-8 holds a lone surrogate."""
    if "\0" in text:
        return False
    return text.isascii() or not _has_surrogate(text)


def has_control(text: str) -> bool:
    # The first half is ten times as fast, and true of nearly every name.
    return not text.isprintable() and _CONTROL.search(text) is not None


def repaired(text: str) -> str:
    """The same text with U+FFFD for what cannot be stored; for texts that are shown, never for ids."""
    if is_storable(text):
        return text
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shown(text: str) -> str:
    """A text of a stranger, short enough for a message."""
    text = repaired(text)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def is_id(value: Any) -> bool:
    """1 to 128 characters that can be stored: an eid, a visitor_id, a user's id, a type."""
    return isinstance(value, str) and 0 < len(value) <= MAX_ID and is_storable(value)


def is_plain(raw: bytes) -> bool:
    """Whether JSON that msgspec has read cannot break any limit of a payload: most cannot, and need no walk."""
    return raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH and raw.count(b":") <= MAX_KEYS and has_plain_values(raw)


def has_plain_values(raw: bytes) -> bool:
    """Whether JSON that msgspec reads cannot hold U+0000 or an integer beyond 64 bits."""
    return b"\\u0000" not in raw and _LONG_NUMBER not in raw.translate(_ZEROS)


def is_flat(payload: dict[str, Any]) -> bool:
    """Whether it has neither depth nor too many keys."""
    return len(payload) <= MAX_KEYS and _NESTING.isdisjoint(map(type, payload.values()))


def check_payload(payload: dict[str, Any]) -> None:
    """Raise EventRefused at the first value that breaks a limit, naming its path."""
    keys = 0
    waiting = [("payload", payload, 1)]
    while waiting:
        path, value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise EventRefused("too_deep", f"The payload is nested deeper than {MAX_DEPTH} levels.", field="payload")
        inside = _CONTAINERS[type(value)](path, value)
        keys += len(value) if type(value) is dict else 0
        if keys > MAX_KEYS:
            raise EventRefused("too_many_keys", f"The payload has more than {MAX_KEYS} keys in all.", field="payload")
        for name, item in inside:
            if type(item) in _CONTAINERS:
                waiting.append((name, item, depth + 1))
            else:
                _check_leaf(name, item)


def _in_object(path: str, value: dict[str, Any]) -> Inside:
    for key, item in value.items():
        name = f"{path}.{key}"
        if not is_storable(key):
            raise _bad_text(name)
        yield name, item


def _in_array(path: str, value: list[Any]) -> Inside:
    for i, item in enumerate(value):
        yield f"{path}[{i}]", item


_CONTAINERS: Final[dict[type, Callable[[str, Any], Inside]]] = {dict: _in_object, list: _in_array}

_NESTING: Final = frozenset(_CONTAINERS)


def _check_leaf(name: str, value: Any) -> None:
    if isinstance(value, str):
        if not is_storable(value):
            raise _bad_text(name)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise _bad_number(name)
    elif isinstance(value, int) and not MIN_INTEGER <= value <= MAX_INTEGER:
        raise _bad_number(name)


def _bad_text(name: str) -> EventRefused:
    field = shown(name)
    message = f"{field} has U+0000, half a surrogate pair (a cut emoji) or bytes that are not UTF-8."
    return EventRefused("bad_text", message, field=field)


def _bad_number(name: str) -> EventRefused:
    field = shown(name)
    return EventRefused("bad_number", f"{field} is not a finite number, or beyond 64 bits.", field=field)


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
