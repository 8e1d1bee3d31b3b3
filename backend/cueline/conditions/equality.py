"""When two values are equal, as a test for the operators and as keys for the matching index.

The wanted value's type decides. A number wants the number, also in text. A text that is a date wants the
instant. Any other text wants exactly that text, and a text that is a number also the number of the same worth
(so `"1.10"` in quotes is not the text "1.1", while `1.1` without quotes is).

Every wanted value has its wanted keys, every found value its found keys, and both are equal when they share one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cueline.conditions.values import instant_of, number_of

Key = tuple[str, Any]


def wanted_keys(wanted: Any) -> tuple[Key, ...]:
    """The keys under which the index files a wanted value."""
    if type(wanted) is bool:
        return (("boolean", wanted),)
    number = number_of(wanted)
    if type(wanted) is not str:
        return () if number is None else (("number", number),)
    if number is not None:
        return (("text", wanted), ("number of text", number))
    instant = instant_of(wanted)
    return (("text", wanted),) if instant is None else (("date", instant),)


def found_keys(found: Any) -> tuple[Key, ...]:
    """The keys under which the index looks up a found value; at most one of them hits a given wanted value."""
    if type(found) is bool:
        return (("boolean", found),)
    number = number_of(found)
    if type(found) is not str:
        return () if number is None else (("number", number), ("number of text", number))
    if number is not None:
        return (("text", found), ("number", number))
    instant = instant_of(found)
    return (("text", found),) if instant is None else (("text", found), ("date", instant))


def equal_to(wanted: Any) -> Callable[[Any], bool]:
    """The test for one wanted value."""
    keys = wanted_keys(wanted)
    kinds = {kind for kind, _ in keys}
    if kinds == {"boolean"}:
        return lambda found: found is wanted
    if kinds == {"text"}:
        return lambda found: type(found) is str and found == wanted
    return lambda found: any(key in keys for key in found_keys(found))
