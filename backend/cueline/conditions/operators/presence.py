"""is_defined, is_not_defined."""

from __future__ import annotations

from typing import Any, Final

from cueline.conditions.operators.operator import Operator, Test
from cueline.conditions.values import ANY, is_value


def _is_defined(_wanted: Any) -> Test:
    return is_value


def _is_not_defined(_wanted: Any) -> Test:
    return lambda found: not is_value(found)


OPERATORS: Final = (
    Operator(
        name="is_defined",
        summary="the field is there and is not null",
        fits=ANY,
        prepare=_is_defined,
        needs_value=False,
    ),
    Operator(
        name="is_not_defined",
        summary="the field is missing or null",
        fits=ANY,
        prepare=_is_not_defined,
        needs_value=False,
    ),
)
