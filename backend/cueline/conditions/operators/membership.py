"""one_of, none_of: a field against a list of values."""

from __future__ import annotations

from typing import Any, Final

from cueline.conditions.equality import found_keys, wanted_keys
from cueline.conditions.operators.equality import opposite, scalar_fault
from cueline.conditions.operators.operator import Operator, Test
from cueline.conditions.values import ANY
from cueline.problems import kind_of

MAX_MEMBERS: Final = 1_000


def members_fault(wanted: Any) -> str | None:
    """A list of texts, numbers and booleans, not empty and not endless."""
    if not isinstance(wanted, list | tuple):
        return f"The value must be a list like [IT, FR], not {kind_of(wanted)}."
    if not 1 <= len(wanted) <= MAX_MEMBERS:
        return f"The list must have 1 to {MAX_MEMBERS:,} members, not {len(wanted):,}."
    return next((fault for fault in map(scalar_fault, wanted) if fault), None)


def _is_one_of(wanted: Any) -> Test:
    keys = frozenset(key for member in wanted for key in wanted_keys(member))
    return lambda found: any(key in keys for key in found_keys(found))


OPERATORS: Final = (
    Operator(
        name="one_of",
        summary="the field equals one of the values",
        fits=ANY,
        prepare=_is_one_of,
        check=members_fault,
    ),
    Operator(
        name="none_of",
        summary="the field is there and equals none of the values",
        fits=ANY,
        prepare=opposite(_is_one_of),
        check=members_fault,
    ),
)
