"""`{segment: KEY}`: a condition on the user that has a name, and stands in the place of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cueline.conditions.paths import Scope
from cueline.conditions.tree import Condition, Holds, Judge, Leaf, LeafVerdict


@dataclass(frozen=True, slots=True)
class InSegment:
    """`node` None: nobody has looked up yet what the segment says, so it can be neither compiled nor asked."""

    key: str
    node: Condition | None = None

    def _known(self) -> Condition:
        if self.node is None:
            raise ValueError(f'The segment "{self.key}" was not looked up.')
        return self.node

    def compiled(self) -> Holds:
        return self._known().compiled()

    def judged(self, scope: Scope, *, trace: list[LeafVerdict]) -> bool:
        return self._known().judged(scope, trace=trace)

    def located(self, at: str) -> Iterator[tuple[str, Judge]]:
        """The leaves of the segment, once it is known: they are what says no."""
        if self.node is not None:
            yield from self.node.located(f"{at}.segment({self.key})")

    def required(self) -> Iterator[Leaf]:
        if self.node is not None:
            yield from self.node.required()

    def segments(self, at: str) -> Iterator[tuple[str, str]]:
        yield f"{at}.segment", self.key

    def resolved(self, segments: Mapping[str, Condition]) -> InSegment:
        return InSegment(self.key, segments[self.key])

    def document(self) -> dict[str, Any]:
        return {"segment": self.key}
