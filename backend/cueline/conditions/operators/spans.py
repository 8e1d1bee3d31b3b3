"""before, after, on, within_last, not_within_last, within_next: where a date lies in time."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from cueline import durations
from cueline.conditions.moment import Moment
from cueline.conditions.operators.operator import Operator, Test, TestAt
from cueline.conditions.operators.ordering import comparison
from cueline.conditions.values import DATE, TEXT, instant_of
from cueline.errors import Problem
from cueline.problems import kind_of

FITS: Final = frozenset({DATE, TEXT})


def shown(wanted: Any) -> str:
    return f'"{wanted[:60]}"' if isinstance(wanted, str) else kind_of(wanted)


def _date_fault(wanted: Any) -> str | None:
    if instant_of(wanted) is not None:
        return None
    return f"The value must be a date like 2026-11-23 or 2026-11-23T17:21Z, not {shown(wanted)}."


def _day_fault(wanted: Any) -> str | None:
    if instant_of(wanted) is not None and len(wanted) == len("2026-11-23"):
        return None
    return f"The value must be a day like 2026-11-23, not {shown(wanted)}."


def _span_fault(wanted: Any) -> str | None:
    problems: list[Problem] = []
    durations.parse(wanted, at="", problems=problems)
    return f"{problems[0].message} Not {shown(wanted)}." if problems else None


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any], Test]:
    return lambda wanted: comparison(compare, bound=instant_of(wanted), read=instant_of)


def _on(wanted: Any) -> TestAt:
    day = date.fromisoformat(wanted)
    return lambda found, moment: moment.day_of(found) == day


def _us(wanted: Any) -> int:
    return (durations.parse(wanted, at="", problems=[]) or 0) * 1000


def _within_last(wanted: Any) -> TestAt:
    span = _us(wanted)

    def holds(found: Any, moment: Moment) -> bool:
        instant = instant_of(found)
        return instant is not None and 0 <= moment.now_us - instant <= span

    return holds


def _not_within_last(wanted: Any) -> TestAt:
    within = _within_last(wanted)
    return lambda found, moment: instant_of(found) is not None and not within(found, moment)


def _within_next(wanted: Any) -> TestAt:
    span = _us(wanted)

    def holds(found: Any, moment: Moment) -> bool:
        instant = instant_of(found)
        return instant is not None and 0 <= instant - moment.now_us <= span

    return holds


OPERATORS: Final = (
    Operator(
        name="before",
        summary="the date is earlier",
        fits=FITS,
        prepare=_compared(operator.lt),
        check=_date_fault,
    ),
    Operator(name="after", summary="the date is later", fits=FITS, prepare=_compared(operator.gt), check=_date_fault),
    Operator(name="on", summary="the date is that day", fits=FITS, prepare_at=_on, check=_day_fault),
    Operator(
        name="within_last",
        summary="the date is past, and no longer ago than that",
        fits=FITS,
        prepare_at=_within_last,
        check=_span_fault,
    ),
    Operator(
        name="not_within_last",
        summary="the date is longer ago than that, or still to come",
        fits=FITS,
        prepare_at=_not_within_last,
        check=_span_fault,
    ),
    Operator(
        name="within_next",
        summary="the date is to come, and no later than that from now",
        fits=FITS,
        prepare_at=_within_next,
        check=_span_fault,
    ),
)
