"""greater_than, at_least, less_than, at_most, between: of numbers and dates, also when they stand in text."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from cueline.conditions.operators.operator import Operator, Test
from cueline.conditions.values import DATE, NUMBER, TEXT, instant_of, number_of
from cueline.problems import kind_of

_FITS: Final = frozenset({NUMBER, DATE, TEXT})


def _orderable_fault(wanted: Any) -> str | None:
    if number_of(wanted) is not None or instant_of(wanted) is not None:
        return None
    shown = f'"{wanted[:60]}"' if isinstance(wanted, str) else kind_of(wanted)
    return f"The value must be a number or a date like 2026-11-23 or 2026-11-23T17:21Z, not {shown}."


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any], Test]:
    """A number is compared with numbers only, a date with dates only."""

    def prepare(wanted: Any) -> Test:
        number = number_of(wanted)
        if number is not None:
            return comparison(compare, bound=number, read=number_of)
        return comparison(compare, bound=instant_of(wanted), read=instant_of)

    return prepare


def _between_fault(wanted: Any) -> str | None:
    if not isinstance(wanted, list | tuple) or len(wanted) != 2:
        return "The value must be a list of two: the least and the most, as in [10, 20]."
    fault = next((fault for fault in map(_orderable_fault, wanted) if fault), None)
    if fault:
        return fault
    low, high = (_bound(one) for one in wanted)
    if low[0] != high[0]:
        return "Both ends must be numbers, or both dates."
    return None if low[1] <= high[1] else f"The least, {wanted[0]}, is more than the most, {wanted[1]}."


def _bound(wanted: Any) -> tuple[str, Any]:
    number = number_of(wanted)
    return (DATE, instant_of(wanted)) if number is None else (NUMBER, number)


def _between(wanted: Any) -> Test:
    kind, low = _bound(wanted[0])
    _, high = _bound(wanted[1])
    read = number_of if kind == NUMBER else instant_of

    def holds(found: Any) -> bool:
        value = read(found)
        return value is not None and low <= value <= high

    return holds


def comparison(compare: Callable[[Any, Any], bool], *, bound: Any, read: Callable[[Any], Any]) -> Test:
    """Of what `read` makes of a found value; what it makes nothing of is neither."""

    def holds(found: Any) -> bool:
        value = read(found)
        return value is not None and compare(value, bound)

    return holds


OPERATORS: Final = (
    Operator(
        name="greater_than",
        summary="the number is greater, or the date is later",
        fits=_FITS,
        prepare=_ordered(operator.gt),
        check=_orderable_fault,
    ),
    Operator(
        name="at_least",
        summary="the number is this one or greater, or the date is this one or later",
        fits=_FITS,
        prepare=_ordered(operator.ge),
        check=_orderable_fault,
    ),
    Operator(
        name="less_than",
        summary="the number is less, or the date is earlier",
        fits=_FITS,
        prepare=_ordered(operator.lt),
        check=_orderable_fault,
    ),
    Operator(
        name="at_most",
        summary="the number is this one or less, or the date is this one or earlier",
        fits=_FITS,
        prepare=_ordered(operator.le),
        check=_orderable_fault,
    ),
    Operator(
        name="between",
        summary="the number or date is one of the two, or lies between them",
        fits=_FITS,
        prepare=_between,
        check=_between_fault,
    ),
)
