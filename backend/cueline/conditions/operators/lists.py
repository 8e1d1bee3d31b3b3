"""contains_any, contains_all, is_empty, is_not_empty and the sizes of lists."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from cueline.conditions.equality import Key, found_keys, wanted_keys
from cueline.conditions.operators.membership import members_fault
from cueline.conditions.operators.operator import Operator, Test
from cueline.conditions.values import LIST
from cueline.problems import kind_of

_FITS: Final = frozenset({LIST})
_LISTS: Final = (list, tuple, set, frozenset)


def _keys_in(found: Any) -> set[Key]:
    return {key for member in found for key in found_keys(member)}


def _contains_any(wanted: Any) -> Test:
    keys = frozenset(key for member in wanted for key in wanted_keys(member))
    return lambda found: isinstance(found, _LISTS) and not keys.isdisjoint(_keys_in(found))


def _contains_all(wanted: Any) -> Test:
    ways = [frozenset(wanted_keys(member)) for member in wanted]

    def holds(found: Any) -> bool:
        if not isinstance(found, _LISTS):
            return False
        keys = _keys_in(found)
        return all(not way.isdisjoint(keys) for way in ways)

    return holds


def _is_empty(_wanted: Any) -> Test:
    return lambda found: isinstance(found, _LISTS) and not found


def _is_not_empty(_wanted: Any) -> Test:
    return lambda found: isinstance(found, _LISTS) and bool(found)


def _size_fault(wanted: Any) -> str | None:
    if type(wanted) is int and wanted >= 0:
        return None
    return f"The value must be a whole number from 0, not {wanted if type(wanted) is int else kind_of(wanted)}."


def _sized(compare: Callable[[int, int], bool]) -> Callable[[Any], Test]:
    def prepare(wanted: Any) -> Test:
        return lambda found: isinstance(found, _LISTS) and compare(len(found), wanted)

    return prepare


def _size(name: str, words: str, compare: Callable[[int, int], bool]) -> Operator:
    summary = f"the list has {words} this many members"
    return Operator(name=f"size_{name}", summary=summary, fits=_FITS, prepare=_sized(compare), check=_size_fault)


OPERATORS: Final = (
    Operator(
        name="contains_any",
        summary="the list has at least one of these members",
        fits=_FITS,
        prepare=_contains_any,
        check=members_fault,
    ),
    Operator(
        name="contains_all",
        summary="the list has every one of these members",
        fits=_FITS,
        prepare=_contains_all,
        check=members_fault,
    ),
    Operator(
        name="is_empty", summary="the list is there and has no member", fits=_FITS, prepare=_is_empty, needs_value=False
    ),
    Operator(
        name="is_not_empty", summary="the list has a member", fits=_FITS, prepare=_is_not_empty, needs_value=False
    ),
    _size("equals", "exactly", operator.eq),
    _size("at_least", "at least", operator.ge),
    _size("at_most", "at most", operator.le),
)
