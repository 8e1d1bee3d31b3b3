"""`{path: event.items, any: {path: item.price, op: greater_than, value: 5}}`: a condition on the members of a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, cast

from cueline.conditions.paths import ITEM, MISSING, Find, Scope, finder
from cueline.conditions.tree import Condition, Holds, Leaf, LeafVerdict
from cueline.conditions.values import LIST

ANY: Final = "any"
ALL: Final = "all"
QUANTIFIERS: Final = (ANY, ALL)
_LISTS: Final = (list, tuple, set, frozenset)


@dataclass(frozen=True, slots=True)
class Members:
    """Holds when one member (`any`) or every member (`all`) does. A list without members holds for neither."""

    path: str
    op: str
    node: Condition
    _find: Find | None = field(default=None, init=False, repr=False, compare=False)
    _holds: Holds | None = field(default=None, init=False, repr=False, compare=False)

    fits: ClassVar[frozenset[str]] = frozenset({LIST})

    @property
    def value(self) -> dict[str, Any]:
        """What is wanted of a member, as a document."""
        return self.node.document()

    def compiled(self) -> Holds:
        inner, find = self.node.compiled(), finder(self.path)
        quantified = any if self.op == ANY else all

        def holds(scope: Scope) -> bool:
            found = find(scope)
            if not isinstance(found, _LISTS) or not found:
                return False
            return quantified(inner({**scope, ITEM: member}) for member in found)

        return holds

    def verdict(self, scope: Scope) -> LeafVerdict:
        if self._holds is None:
            object.__setattr__(self, "_holds", self.compiled())
            object.__setattr__(self, "_find", finder(self.path))
        found = cast(Find, self._find)(scope)
        shown = None if found is MISSING else found
        return LeafVerdict(self.path, self.op, self.value, shown, cast(Holds, self._holds)(scope))

    def judged(self, scope: Scope, *, trace: list[LeafVerdict]) -> bool:
        trace.append(self.verdict(scope))
        return trace[-1].holds

    def located(self, at: str) -> Iterator[tuple[str, Members]]:
        yield at, self

    def required(self) -> Iterator[Leaf]:
        yield from ()

    def segments(self, at: str) -> Iterator[tuple[str, str]]:
        yield from self.node.segments(f"{at}.{self.op}")

    def resolved(self, segments: Mapping[str, Condition]) -> Members:
        return Members(self.path, self.op, self.node.resolved(segments))

    def document(self) -> dict[str, Any]:
        return {"path": self.path, self.op: self.value}
