"""What an operator is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cueline.conditions.moment import Moment

Test = Callable[[Any], bool]
TestAt = Callable[[Any, Moment], bool]


def no_fault(_wanted: Any) -> str | None:
    """The check of an operator that takes no value."""
    return None


@dataclass(frozen=True, slots=True)
class Operator:
    """A named test of the value found at a path.

    `fits`: the types of fields it can hold for. `check` says what is wrong with a wanted value, or None.
    `prepare` makes the test for one wanted value, so that what depends on it alone is worked out once; instead,
    `prepare_at` makes one that also wants to know when it is asked, and in which time zone.
    """

    name: str
    summary: str
    fits: frozenset[str]
    prepare: Callable[[Any], Test] | None = None
    prepare_at: Callable[[Any], TestAt] | None = None
    check: Callable[[Any], str | None] = no_fault
    needs_value: bool = True

    def holds(self, found: Any, wanted: Any, moment: Moment | None = None) -> bool:
        """The test for a single use. Raises ValueError where a moment is needed and none is given."""
        if self.prepare is not None:
            return self.prepare(wanted)(found)
        if self.prepare_at is None or moment is None:
            raise ValueError(f"{self.name} needs a moment")
        return self.prepare_at(wanted)(found, moment)
