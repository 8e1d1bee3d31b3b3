"""The condition tree. Every node can be compiled, evaluated with a trace, and written as a document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, cast

from msgspec import Struct

from cueline.conditions.operators.registry import OPERATORS
from cueline.conditions.paths import ITEM, MISSING, Find, Scope, finder, split

Holds = Callable[[Scope], bool]
TestIn = Callable[[Any, Scope], bool]


class LeafVerdict(Struct, frozen=True):
    """What one leaf said. `found` is None when the path led nowhere."""

    path: str
    op: str
    wanted: Any
    found: Any
    holds: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a condition holds, and what each of its leaves said, in document order, none left out."""

    holds: bool
    trace: tuple[LeafVerdict, ...]


class Judge(Protocol):
    """What asks a scope by itself: a leaf, or what stands in the place of one. `fits`: the types it can hold for."""

    @property
    def path(self) -> str: ...

    @property
    def op(self) -> str: ...

    @property
    def value(self) -> Any: ...

    @property
    def fits(self) -> frozenset[str]: ...

    def verdict(self, scope: Scope) -> LeafVerdict: ...


class Condition(Protocol):
    """A node of the tree."""

    def compiled(self) -> Holds: ...

    def judged(self, scope: Scope, *, trace: list[LeafVerdict]) -> bool: ...

    def located(self, at: str) -> Iterator[tuple[str, Judge]]:
        """Every leaf with its path in the document, in document order."""

    def required(self) -> Iterator[Leaf]:
        """The leaves without which the condition cannot hold."""

    def segments(self, at: str) -> Iterator[tuple[str, str]]:
        """The place and key of every segment that it names."""

    def resolved(self, segments: Mapping[str, Condition]) -> Condition:
        """The same with the segments looked up, which are resolved themselves. KeyError: there is no such segment."""

    def document(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Leaf:
    """`{path, op, value}`. The value is None for operators that need none, a tuple for those that take a list."""

    path: str
    op: str
    value: Any = None
    _test: TestIn | None = field(default=None, init=False, repr=False, compare=False)
    _find: Find | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def fits(self) -> frozenset[str]:
        return OPERATORS[self.op].fits

    def test(self) -> TestIn:
        """Of the found value; prepared when it is first asked for, for an explanation asks again with every event."""
        if self._test is None:
            object.__setattr__(self, "_test", prepared(self.op, self.value))
        return cast(TestIn, self._test)

    def find(self) -> Find:
        """The lookup of its path, prepared likewise."""
        if self._find is None:
            object.__setattr__(self, "_find", finder(self.path))
        return cast(Find, self._find)

    def compiled(self) -> Holds:
        return _leaf_closure(self)

    def verdict(self, scope: Scope) -> LeafVerdict:
        found = self.find()(scope)
        shown = None if found is MISSING else found
        return LeafVerdict(self.path, self.op, self.value, shown, self.test()(found, scope))

    def judged(self, scope: Scope, *, trace: list[LeafVerdict]) -> bool:
        trace.append(self.verdict(scope))
        return trace[-1].holds

    def located(self, at: str) -> Iterator[tuple[str, Leaf]]:
        yield at, self

    def required(self) -> Iterator[Leaf]:
        yield self

    def segments(self, at: str) -> Iterator[tuple[str, str]]:
        yield from ()

    def resolved(self, segments: Mapping[str, Condition]) -> Condition:
        return self

    def document(self) -> dict[str, Any]:
        head = {"path": self.path, "op": self.op}
        if not OPERATORS[self.op].needs_value:
            return head
        return {**head, "value": list(self.value) if isinstance(self.value, tuple) else self.value}


def prepared(op: str, value: Any) -> TestIn:
    """The test of an operator for one wanted value, asked in a scope."""
    operator = OPERATORS[op]
    if operator.prepare is not None:
        test = operator.prepare(value)
        return lambda found, _scope: test(found)
    if operator.prepare_at is None:
        raise ValueError(f"The operator {operator.name} has no test.")
    test_at = operator.prepare_at(value)
    return lambda found, scope: test_at(found, scope["moment"])


def _leaf_closure(leaf: Leaf) -> Holds:
    """The usual path of two steps, and an operator of the value alone, cost one call and not three."""
    operator = OPERATORS[leaf.op]
    root, *steps = split(leaf.path)
    if operator.prepare is None or len(steps) != 1 or root == ITEM:
        test_in, find = leaf.test(), leaf.find()
        return lambda scope: test_in(find(scope), scope)
    test, step = operator.prepare(leaf.value), steps[0]
    return lambda scope: test(scope[root].get(step, MISSING))


@dataclass(frozen=True, slots=True)
class All:
    """Holds when every node does; so an empty one always holds."""

    nodes: tuple[Condition, ...]

    def compiled(self) -> Holds:
        return _every([node.compiled() for node in self.nodes])

    def judged(self, scope: Scope, *, trace: list[LeafVerdict]) -> bool:
        verdicts = [node.judged(scope, trace=trace) for node in self.nodes]
        return all(verdicts)

    def located(self, at: str) -> Iterator[tuple[str, Judge]]:
        for index, node in enumerate(self.nodes):
            yield from node.located(f"{at}.all[{index}]")

    def required(self) -> Iterator[Leaf]:
        for node in self.nodes:
            yield from node.required()

    def segments(self, at: str) -> Iterator[tuple[str, str]]:
        for index, node in enumerate(self.nodes):
            yield from node.segments(f"{at}.all[{index}]")

    def resolved(self, segments: Mapping[str, Condition]) -> Condition:
        return All(tuple(node.resolved(segments) for node in self.nodes))

    def document(self) -> dict[str, Any]:
        return {"all": [node.document() for node in self.nodes]}


def _every(tests: list[Holds]) -> Holds:
    """A loop costs less than `all` over a generator; one or two nodes need no loop."""
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda scope: first(scope) and second(scope)

    def holds(scope: Scope) -> bool:
        for test in tests:  # noqa: SIM110
            if not test(scope):
                return False
        return True

    return holds


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds when one of its nodes does."""

    nodes: tuple[Condition, ...]

    def compiled(self) -> Holds:
        return _some([node.compiled() for node in self.nodes])

    def judged(self, scope: Scope, *, trace: list[LeafVerdict]) -> bool:
        verdicts = [node.judged(scope, trace=trace) for node in self.nodes]
        return any(verdicts)

    def located(self, at: str) -> Iterator[tuple[str, Judge]]:
        for index, node in enumerate(self.nodes):
            yield from node.located(f"{at}.any[{index}]")

    def required(self) -> Iterator[Leaf]:
        if len(self.nodes) == 1:
            yield from self.nodes[0].required()

    def segments(self, at: str) -> Iterator[tuple[str, str]]:
        for index, node in enumerate(self.nodes):
            yield from node.segments(f"{at}.any[{index}]")

    def resolved(self, segments: Mapping[str, Condition]) -> Condition:
        return AnyOf(tuple(node.resolved(segments) for node in self.nodes))

    def document(self) -> dict[str, Any]:
        return {"any": [node.document() for node in self.nodes]}


def _some(tests: list[Holds]) -> Holds:
    def holds(scope: Scope) -> bool:
        for test in tests:  # noqa: SIM110
            if test(scope):
                return True
        return False

    return tests[0] if len(tests) == 1 else holds


@dataclass(frozen=True, slots=True)
class Not:
    """Holds when its node does not."""

    node: Condition

    def compiled(self) -> Holds:
        inner = self.node.compiled()
        return lambda scope: not inner(scope)

    def judged(self, scope: Scope, *, trace: list[LeafVerdict]) -> bool:
        return not self.node.judged(scope, trace=trace)

    def located(self, at: str) -> Iterator[tuple[str, Judge]]:
        yield from self.node.located(f"{at}.not")

    def required(self) -> Iterator[Leaf]:
        yield from ()

    def segments(self, at: str) -> Iterator[tuple[str, str]]:
        yield from self.node.segments(f"{at}.not")

    def resolved(self, segments: Mapping[str, Condition]) -> Condition:
        return Not(self.node.resolved(segments))

    def document(self) -> dict[str, Any]:
        return {"not": self.node.document()}


ALWAYS: Final[Condition] = All(())
"""The condition of a campaign without `where`."""


def compile(condition: Condition) -> Holds:
    """A closure that says whether the condition holds in a scope with the roots event, meta and user.

    Operators that compare with now also want its "moment", a Moment.
    """
    return condition.compiled()


def evaluate(condition: Condition, scope: Scope) -> Verdict:
    """The same answer with what every leaf found."""
    trace: list[LeafVerdict] = []
    holds = condition.judged(scope, trace=trace)
    return Verdict(holds, tuple(trace))


def why_not(leaves: Iterable[Judge], scope: Scope) -> LeafVerdict | None:
    """The first of a condition's leaves that says no, the first of all when none does; leaves behind it are not asked.

    `leaves`: all of them, in document order. None when there are none.
    """
    first = None
    for leaf in leaves:
        verdict = leaf.verdict(scope)
        if not verdict.holds:
            return verdict
        first = first or verdict
    return first


def located(condition: Condition, at: str) -> tuple[tuple[str, Judge], ...]:
    """Every leaf with its path below `at`, as in `where.all[1]`, in document order."""
    return tuple(condition.located(at))


def required(condition: Condition) -> tuple[Leaf, ...]:
    """The leaves without which the condition cannot hold."""
    return tuple(condition.required())


def equalities_of(condition: Condition) -> tuple[tuple[str, Any], ...]:
    """The `event.` equalities without which the condition cannot hold: (path, value)."""
    return tuple(
        (leaf.path, leaf.value)
        for leaf in condition.required()
        if leaf.op == "equals" and leaf.path.startswith("event.")
    )


def equality_of(condition: Condition) -> tuple[str, Any] | None:
    """The first of them, for an index that needs one."""
    return next(iter(equalities_of(condition)), None)


def to_document(condition: Condition) -> dict[str, Any]:
    """The document form; `{}` for the condition that always holds."""
    return {} if condition == ALWAYS else condition.document()
