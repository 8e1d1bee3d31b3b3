"""contains, not_contains: a part of a text, or a member of a list."""

from __future__ import annotations

from typing import Any, Final

from cueline.conditions.equality import equal_to
from cueline.conditions.operators.equality import scalar_fault
from cueline.conditions.operators.operator import Operator, Test
from cueline.conditions.values import LIST, TEXT

_LISTS: Final = (list, tuple, set, frozenset)


def _contains_fault(wanted: Any) -> str | None:
    if wanted == "":
        return "Every text contains the empty text: name the part that is looked for."
    return scalar_fault(wanted)


def _contains(wanted: Any) -> Test:
    equals = equal_to(wanted)
    part = _part_of_text(wanted)

    def holds(found: Any) -> bool:
        if isinstance(found, str):
            return part is not None and part in found
        return isinstance(found, _LISTS) and any(equals(member) for member in found)

    return holds


def _part_of_text(wanted: Any) -> str | None:
    """A number without quotes is looked for as it is spelt; a boolean is in no text."""
    if isinstance(wanted, str):
        return wanted
    return None if isinstance(wanted, bool) else str(wanted)


def _lacks(wanted: Any) -> Test:
    contains = _contains(wanted)
    return lambda found: isinstance(found, str | list | tuple | set | frozenset) and not contains(found)


OPERATORS: Final = (
    Operator(
        name="contains",
        summary="the text has this part (upper and lower case differ), or the list has this member",
        fits=frozenset({TEXT, LIST}),
        prepare=_contains,
        check=_contains_fault,
    ),
    Operator(
        name="not_contains",
        summary="the text is there and does not have this part, or the list is there and does not have this member",
        fits=frozenset({TEXT, LIST}),
        prepare=_lacks,
        check=_contains_fault,
    ),
)
