"""Every operator by its name. A new family is a new file and a line here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from cueline.conditions.operators import (
    calendar,
    containing,
    equality,
    lists,
    membership,
    ordering,
    patterns,
    presence,
    spans,
    truth,
    wording,
)
from cueline.conditions.operators.operator import Operator

# In the order in which the Query Builder shows them.
_FAMILIES: Final = (
    *(equality, membership, presence),
    *(containing, wording, patterns),
    *(ordering, truth),
    *(spans, calendar, lists),
)
OPERATORS: Final[Mapping[str, Operator]] = {
    operator.name: operator for family in _FAMILIES for operator in family.OPERATORS
}


def fitting(types: Iterable[str]) -> tuple[str, ...]:
    """The names of the operators that can hold for a field of one of these types."""
    wanted = frozenset(types)
    return tuple(name for name, operator in OPERATORS.items() if operator.fits & wanted)
