"""day_of_week, day_of_month, month, anniversary: a date's place in the calendar of the user's zone."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

from cueline.conditions.moment import Moment
from cueline.conditions.operators.operator import Operator, TestAt
from cueline.conditions.operators.spans import FITS, shown

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MOST_DAYS: Final = 365


def _some_of(wanted: Any) -> tuple[Any, ...]:
    return tuple(wanted) if isinstance(wanted, list | tuple) else (wanted,)


def _weekday_fault(wanted: Any) -> str | None:
    days = _some_of(wanted)
    wrong = [day for day in days if day not in WEEKDAYS]
    if days and not wrong:
        return None
    return f"The value must be a day of the week, or a list of them ({', '.join(WEEKDAYS)}), not {shown(wanted)}."


def _between_fault(least: int, most: int) -> Callable[[Any], str | None]:
    def fault(wanted: Any) -> str | None:
        numbers = _some_of(wanted)
        if numbers and all(type(number) is int and least <= number <= most for number in numbers):
            return None
        return f"The value must be a number from {least} to {most}, or a list of them."

    return fault


def _days_fault(wanted: Any) -> str | None:
    if type(wanted) is int and 0 <= wanted <= _MOST_DAYS:
        return None
    return f"The value must be a number of days from 0 (today) to {_MOST_DAYS}, not {shown(wanted)}."


def _placed(place: Callable[[date], Any]) -> Callable[[Any], TestAt]:
    def prepare(wanted: Any) -> TestAt:
        allowed = frozenset(_some_of(wanted))

        def holds(found: Any, moment: Moment) -> bool:
            day = moment.day_of(found)
            return day is not None and place(day) in allowed

        return holds

    return prepare


def _anniversary(wanted: Any) -> TestAt:
    """The 29th of February is kept on the 28th where a year has none."""
    ahead = timedelta(days=wanted)

    def holds(found: Any, moment: Moment) -> bool:
        born, day = moment.day_of(found), moment.today() + ahead
        if born is None or born > day:
            return False
        kept = min(born.day, monthrange(day.year, born.month)[1])
        return (born.month, kept) == (day.month, day.day)

    return holds


OPERATORS: Final = (
    Operator(
        name="day_of_week",
        summary="the date is one of these days of the week",
        fits=FITS,
        prepare_at=_placed(lambda day: WEEKDAYS[day.weekday()]),
        check=_weekday_fault,
    ),
    Operator(
        name="day_of_month",
        summary="the date is one of these days of a month (1 to 31)",
        fits=FITS,
        prepare_at=_placed(lambda day: day.day),
        check=_between_fault(1, 31),
    ),
    Operator(
        name="month",
        summary="the date is in one of these months (1 to 12)",
        fits=FITS,
        prepare_at=_placed(lambda day: day.month),
        check=_between_fault(1, 12),
    ),
    Operator(
        name="anniversary",
        summary="the date's day and month come in so many days (0: today), as a birthday does",
        fits=FITS,
        prepare_at=_anniversary,
        check=_days_fault,
    ),
)
