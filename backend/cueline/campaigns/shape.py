"""Whether a value is plain JSON that both databases can store, before anything else looks at it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cueline.errors import Problem
from cueline.problems import error, join

MAX_DEPTH: Final = 64
MAX_VALUES: Final = 100_000
_INTEGERS: Final = range(-(2**63), 2**63)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def check(data: object, *, problems: list[Problem]) -> bool:
    """True when it is; else one problem says where it is not. Works on cycles and on any depth."""
    waiting: list[tuple[Any, str, int]] = [(data, "", 0)]
    seen = 0
    while waiting:
        value, at, depth = waiting.pop()
        seen += 1
        if seen + len(waiting) > MAX_VALUES:
            error(problems, "", code="too_large", message=f"A document has at most {MAX_VALUES} values.")
            return False
        fault = _fault(value, depth=depth)
        if fault:
            error(problems, at, code=fault[0], message=fault[1], value=value)
            return False
        waiting.extend((inner, place, depth + 1) for inner, place in _within(value, at=at))
    return True


def _fault(value: Any, *, depth: int) -> tuple[str, str] | None:
    if depth > MAX_DEPTH:
        return "too_deep", f"The document is nested more than {MAX_DEPTH} deep."
    if isinstance(value, str):
        return _text_fault(value)
    if isinstance(value, Mapping):
        return _keys_fault(value)
    if isinstance(value, int | float):
        return _number_fault(value)
    if value is None or isinstance(value, list | tuple):
        return None
    return "not_json", f"A {type(value).__name__} is not allowed in a document."


def _number_fault(value: float) -> tuple[str, str] | None:
    if isinstance(value, float):
        return None if math.isfinite(value) else ("bad_number", "Numbers are finite.")
    return None if value in _INTEGERS else ("bad_number", "Whole numbers have at most 64 bits.")


def _text_fault(text: str) -> tuple[str, str] | None:
    found = _UNSTORABLE.search(text)
    return ("bad_text", f"The character U+{ord(found[0]):04X} is not allowed.") if found else None


def _keys_fault(value: Mapping[Any, Any]) -> tuple[str, str] | None:
    for key in value:
        if not isinstance(key, str):
            return "not_json", f"The keys of a mapping are text, not {type(key).__name__}."
        if _UNSTORABLE.search(key):
            return "bad_text", "A key has a character that is not allowed."
    return None


def _within(value: Any, *, at: str) -> Iterator[tuple[Any, str]]:
    if isinstance(value, Mapping):
        yield from ((inner, join(at, key)) for key, inner in value.items())
    elif isinstance(value, list | tuple):
        yield from ((inner, f"{at}[{index}]") for index, inner in enumerate(value))
