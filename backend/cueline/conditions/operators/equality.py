"""equals, not_equals."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from cueline.conditions.equality import equal_to
from cueline.conditions.operators.operator import Operator, Test
from cueline.conditions.values import ANY, is_value
from cueline.problems import kind_of


def scalar_fault(wanted: Any) -> str | None:
    """Only text, numbers and booleans can be compared."""
    if isinstance(wanted, float) and not math.isfinite(wanted):
        return "The value must be finite."
    if isinstance(wanted, str | int | float):
        return None
    return f"The value must be text, a number or a boolean, not {kind_of(wanted)}."


def opposite(prepare: Callable[[Any], Test]) -> Callable[[Any], Test]:
    """Holds for every value that is there and for which the other does not."""

    def prepare_opposite(wanted: Any) -> Test:
        test = prepare(wanted)
        return lambda found: is_value(found) and not test(found)

    return prepare_opposite


OPERATORS: Final = (
    Operator(
        name="equals",
        summary="the field has this value; a number also when it stands in text",
        fits=ANY,
        prepare=equal_to,
        check=scalar_fault,
    ),
    Operator(
        name="not_equals",
        summary="the field is there and has another value",
        fits=ANY,
        prepare=opposite(equal_to),
        check=scalar_fault,
    ),
)
