"""Every operator by its name. A new family is a new file and a line here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from cueline.conditions.operators import containing, equality, ordering, presence
from cueline.conditions.operators.operator import Operator

OPERATORS: Final[Mapping[str, Operator]] = {
    operator.name: operator for family in (equality, ordering, containing, presence) for operator in family.OPERATORS
}


def fitting(types: Iterable[str]) -> tuple[str, ...]:
    """The names of the operators that can hold for a field of one of these types."""
    wanted = frozenset(types)
    return tuple(name for name, operator in OPERATORS.items() if operator.fits & wanted)
