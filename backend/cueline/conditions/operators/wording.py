"""starts_with, ends_with, equals_ignoring_case: how a text is written."""

from __future__ import annotations

from typing import Any, Final

from cueline.conditions.operators.operator import Operator, Test
from cueline.conditions.values import TEXT
from cueline.problems import kind_of

_FITS: Final = frozenset({TEXT})


def _text_fault(wanted: Any) -> str | None:
    return None if isinstance(wanted, str) else f"The value must be text in quotes, not {kind_of(wanted)}."


def _part_fault(wanted: Any) -> str | None:
    return "Every text begins and ends with the empty text: name the part." if wanted == "" else _text_fault(wanted)


def _starts_with(wanted: Any) -> Test:
    return lambda found: isinstance(found, str) and found.startswith(wanted)


def _ends_with(wanted: Any) -> Test:
    return lambda found: isinstance(found, str) and found.endswith(wanted)


def _equals_ignoring_case(wanted: Any) -> Test:
    folded = wanted.casefold()
    return lambda found: isinstance(found, str) and found.casefold() == folded


OPERATORS: Final = (
    Operator(
        name="starts_with",
        summary="the text begins with this part (upper and lower case differ)",
        fits=_FITS,
        prepare=_starts_with,
        check=_part_fault,
    ),
    Operator(
        name="ends_with",
        summary="the text ends with this part (upper and lower case differ)",
        fits=_FITS,
        prepare=_ends_with,
        check=_part_fault,
    ),
    Operator(
        name="equals_ignoring_case",
        summary="the text is this one, upper or lower case",
        fits=_FITS,
        prepare=_equals_ignoring_case,
        check=_text_fault,
    ),
)
