"""greater_than, less_than: of numbers and dates, also when they stand in text."""

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
            return _comparison(compare, bound=number, read=number_of)
        return _comparison(compare, bound=instant_of(wanted), read=instant_of)

    return prepare


def _comparison(compare: Callable[[Any, Any], bool], *, bound: Any, read: Callable[[Any], Any]) -> Test:
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
        name="less_than",
        summary="the number is less, or the date is earlier",
        fits=_FITS,
        prepare=_ordered(operator.lt),
        check=_orderable_fault,
    ),
)
