"""What an operator is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Test = Callable[[Any], bool]


def no_fault(_wanted: Any) -> str | None:
    """The check of an operator that takes no value."""
    return None


@dataclass(frozen=True, slots=True)
class Operator:
    """A named test of the value found at a path.

    `fits`: the types of fields it can hold for. `check` says what is wrong with a wanted value, or None.
    `prepare` makes the test for one wanted value, so that what depends on it alone is worked out once.
    """

    name: str
    summary: str
    fits: frozenset[str]
    prepare: Callable[[Any], Test]
    check: Callable[[Any], str | None] = no_fault
    needs_value: bool = True

    def holds(self, found: Any, wanted: Any) -> bool:
        """The test for a single use."""
        return self.prepare(wanted)(found)
