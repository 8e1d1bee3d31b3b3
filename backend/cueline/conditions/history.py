"""How often, how much, how long ago: `{history: {action: PAY, within: 7d, sum: event.amount}, op: at_least, value: 9}`.

What a user's events add up to, those up to now and the one that is being decided among them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, Final, Protocol, cast

from cueline import durations
from cueline.conditions.operators.registry import OPERATORS
from cueline.conditions.paths import MISSING, Find, Scope, finder
from cueline.conditions.tree import ALWAYS, Condition, Holds, Leaf, LeafVerdict, TestIn, prepared, to_document
from cueline.conditions.values import ANY, NUMBER, number_of
from cueline.triggers import Trigger
from cueline.triggers import to_document as trigger_document

COUNT: Final = "count"


class Past(Protocol):
    """An event that has been decided."""

    @property
    def at_ms(self) -> int: ...

    @property
    def payload(self) -> Mapping[str, Any]: ...

    @property
    def meta(self) -> Mapping[str, Any]: ...


class Pasts(Protocol):
    """A scope's "history": the user's events."""

    def of(self, trigger: Trigger) -> Sequence[Past]: ...

    def shown(self, trigger: Trigger, path: str | None, found: Any) -> Any:
        """What an explanation may show of a value found at this path of such an event."""


def _numbers(found: Iterable[Any]) -> list[int | float]:
    return [number for number in map(number_of, found) if number is not None]


def _sum(found: list[Any]) -> int | float:
    """Kept where an explanation can be stored: whole numbers have 64 bits there, and others are finite."""
    total = sum(_numbers(found))
    if isinstance(total, int) and abs(total) < 2**63:
        return total
    return max(-sys.float_info.max, min(sys.float_info.max, float(total)))


def _most(choose: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    def measure(found: list[Any]) -> Any:
        numbers = _numbers(found)
        return choose(numbers) if numbers else MISSING

    return measure


def _edge(index: int) -> Callable[[list[Any]], Any]:
    def measure(found: list[Any]) -> Any:
        there = [value for value in found if value is not MISSING and value is not None]
        return there[index] if there else MISSING

    return measure


MEASURES: Final[Mapping[str, tuple[Callable[[list[Any]], Any], frozenset[str]]]] = {
    COUNT: (len, frozenset({NUMBER})),
    "sum": (_sum, frozenset({NUMBER})),
    "min": (_most(min), frozenset({NUMBER})),
    "max": (_most(max), frozenset({NUMBER})),
    "first": (_edge(0), ANY),
    "last": (_edge(-1), ANY),
}
"""Of the values found in the events, oldest first; and the types that the measure may have."""


@dataclass(frozen=True, slots=True)
class History:
    """`of`: the path that is measured, None for a count. `within_ms` None: ever."""

    trigger: Trigger
    op: str
    value: Any = None
    measure: str = COUNT
    of: str | None = None
    within_ms: int | None = None
    where: Condition = ALWAYS
    _prepared: tuple[TestIn, Holds, Find] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def path(self) -> str:
        return f"history.{self.trigger.name}"

    @property
    def fits(self) -> frozenset[str]:
        return OPERATORS[self.op].fits

    def measured(self, scope: Scope) -> Any:
        """MISSING where there is nothing to measure; a count and a sum are then 0."""
        _, holds, find = self._parts()
        since = scope["moment"].now_ms - self.within_ms if self.within_ms is not None else 0
        found = []
        recent = [past for past in scope["history"].of(self.trigger) if past.at_ms >= since]
        for past in sorted(recent, key=attrgetter("at_ms")):
            inside = {**scope, "event": past.payload, "meta": past.meta}
            if holds(inside):
                found.append(find(inside))
        return MEASURES[self.measure][0](found)

    def compiled(self) -> Holds:
        test, _, _ = self._parts()
        return lambda scope: test(self.measured(scope), scope)

    def verdict(self, scope: Scope) -> LeafVerdict:
        found = self.measured(scope)
        test, _, _ = self._parts()
        shown = None if found is MISSING else scope["history"].shown(self.trigger, self.of, found)
        return LeafVerdict(self.path, self.op, self.value, shown, test(found, scope))

    def _parts(self) -> tuple[TestIn, Holds, Find]:
        if self._prepared is None:
            find = finder(self.of) if self.of else _nothing
            object.__setattr__(self, "_prepared", (prepared(self.op, self.value), self.where.compiled(), find))
        return cast(tuple[TestIn, Holds, Find], self._prepared)

    def judged(self, scope: Scope, *, trace: list[LeafVerdict]) -> bool:
        trace.append(self.verdict(scope))
        return trace[-1].holds

    def located(self, at: str) -> Iterator[tuple[str, History]]:
        yield at, self

    def required(self) -> Iterator[Leaf]:
        yield from ()

    def segments(self, at: str) -> Iterator[tuple[str, str]]:
        yield from self.where.segments(f"{at}.history.where")

    def resolved(self, segments: Mapping[str, Condition]) -> History:
        return replace(self, where=self.where.resolved(segments))

    def document(self) -> dict[str, Any]:
        inside: dict[str, Any] = dict(trigger_document(self.trigger))
        if self.within_ms is not None:
            inside["within"] = durations.to_text(self.within_ms)
        if self.where != ALWAYS:
            inside["where"] = to_document(self.where)
        if self.of is not None:
            inside[self.measure] = self.of
        leaf = Leaf(self.path, self.op, self.value).document()
        del leaf["path"]
        return {"history": inside, **leaf}


def _nothing(_scope: Scope) -> None:
    return None


def histories(nodes: Iterable[object]) -> tuple[History, ...]:
    """Those among the leaves of a condition."""
    return tuple(node for node in nodes if isinstance(node, History))
