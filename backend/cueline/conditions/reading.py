"""From the document form to the tree. Never raises: what is wrong becomes a problem with its path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cueline.conditions.history_reading import history_at
from cueline.conditions.members import QUANTIFIERS, Members
from cueline.conditions.operators.registry import OPERATORS
from cueline.conditions.paths import ITEM, ROOTS, fault_of
from cueline.conditions.segments import InSegment
from cueline.conditions.tree import ALWAYS, All, AnyOf, Condition, Leaf, Not
from cueline.conditions.values import whole
from cueline.errors import Problem
from cueline.problems import error, join, key_at, kind_of, mapping_at, missing, suggestion

MAX_DEPTH: Final = 8
MAX_NODES: Final = 200

LEAF_KEYS: Final = ("path", "op", "value")


def parse(document: object, *, at: str, problems: list[Problem], roots: tuple[str, ...] = ROOTS) -> Condition | None:
    """The condition, or None when the document has an error, which is then among the problems.

    `at` is the path of the document itself, as in `campaigns[0].where`. None and `{}` always hold. `roots`: where its
    paths may begin; inside a history they may begin with the past event's, too.
    """
    if document is None or document == {}:
        return ALWAYS
    before = len(problems)
    node = _Reader(problems, roots).node(document, at=at, depth=1)
    return node if len(problems) == before else None


class _Reader:
    """Counts nodes while it descends, and stops at the first node beyond a limit. `lists`, `pasts`: the lists and
    histories it is inside of."""

    def __init__(self, problems: list[Problem], roots: tuple[str, ...]) -> None:
        self.problems = problems
        self.roots = roots
        self.nodes = 0
        self.lists = 0
        self.pasts = 0

    def node(self, document: object, *, at: str, depth: int) -> Condition | None:
        self.nodes += 1
        if self._is_beyond(at=at, depth=depth):
            return None
        form = self._form_of(document, at=at)
        return None if form is None else form(self, document, at=at, depth=depth)

    def _is_beyond(self, *, at: str, depth: int) -> bool:
        if depth > MAX_DEPTH:
            message = f"Conditions may be nested {MAX_DEPTH} deep, not deeper."
            error(self.problems, at, code="too_deep", message=message, value=depth)
        elif self.nodes == MAX_NODES + 1:
            message = f"A condition may have {MAX_NODES} nodes, not more."
            error(self.problems, at, code="too_many_nodes", message=message, value=self.nodes)
        return depth > MAX_DEPTH or self.nodes > MAX_NODES

    def _form_of(self, document: object, *, at: str) -> _Form | None:
        if not isinstance(document, Mapping):
            message = f"A condition is a mapping, not {kind_of(document)}."
            error(
                self.problems,
                at,
                code="not_a_mapping",
                message=message,
                value=document,
                allowed=tuple(_FORMS),
            )
            return None
        found = [key for key in _FORMS if key in document]
        if "path" in found and len(found) == 2 and found[0] in QUANTIFIERS:
            return _members
        if len(found) == 1:
            return _FORMS[found[0]]
        self._report_form(document, at=at, found=found)
        return None

    def _report_form(self, document: Mapping[Any, Any], *, at: str, found: list[str]) -> None:
        if found:
            message = f"A condition has one of these keys, not several: {', '.join(found)}."
        else:
            near = suggestion(str(next(iter(document), "")), _FORMS)
            message = f"A condition has one of the keys {', '.join(_FORMS)}.{near}"
        error(self.problems, at, code="bad_condition", message=message, value=document, allowed=_FORMS)

    def group(self, document: Mapping[str, Any], *, at: str, key: str, depth: int) -> list[Condition] | None:
        """The nodes below `all` or `any`; None when one of them is wrong."""
        mapping_at(document, at=at, keys=(key,), problems=self.problems)
        members, place = document[key], join(at, key)
        if not isinstance(members, list | tuple):
            message = f'"{key}" takes a list of conditions, not {kind_of(members)}.'
            error(self.problems, place, code="not_a_list", message=message, value=members)
            return None
        nodes = []
        for index, member in enumerate(members):
            nodes.append(self.node(member, at=f"{place}[{index}]", depth=depth + 1))
            if self.nodes > MAX_NODES:
                return None
        return [node for node in nodes if node is not None] if None not in nodes else None


def _all(reader: _Reader, document: Any, *, at: str, depth: int) -> Condition | None:
    nodes = reader.group(document, at=at, key="all", depth=depth)
    return None if nodes is None else All(tuple(nodes))


def _any(reader: _Reader, document: Any, *, at: str, depth: int) -> Condition | None:
    nodes = reader.group(document, at=at, key="any", depth=depth)
    if nodes == []:
        message = 'An empty "any" can never hold: leave it out, or name what may hold.'
        error(reader.problems, join(at, "any"), code="empty_any", message=message, value=[])
    return AnyOf(tuple(nodes)) if nodes else None


def _not(reader: _Reader, document: Any, *, at: str, depth: int) -> Condition | None:
    mapping_at(document, at=at, keys=("not",), problems=reader.problems)
    node = reader.node(document["not"], at=join(at, "not"), depth=depth + 1)
    return None if node is None else Not(node)


def _leaf(reader: _Reader, document: Any, *, at: str, depth: int) -> Condition | None:
    before = len(reader.problems)
    mapping_at(document, at=at, keys=LEAF_KEYS, problems=reader.problems)
    _check_path(reader, document["path"], at=join(at, "path"))
    _check_op(document, at=at, problems=reader.problems)
    if len(reader.problems) > before:
        return None
    return Leaf(document["path"], document["op"], _value(document.get("value")))


def _value(value: Any) -> Any:
    return tuple(map(whole, value)) if isinstance(value, list | tuple) else whole(value)


def _history(reader: _Reader, document: Any, *, at: str, depth: int) -> Condition | None:
    before = len(reader.problems)
    mapping_at(document, at=at, keys=("history", "op", "value"), problems=reader.problems)
    _check_op(document, at=at, problems=reader.problems)
    if len(reader.problems) > before:
        return None
    return history_at(reader, document, at=at, depth=depth, value=_value(document.get("value")))


def _members(reader: _Reader, document: Any, *, at: str, depth: int) -> Condition | None:
    quantifier = next(key for key in QUANTIFIERS if key in document)
    mapping_at(document, at=at, keys=("path", quantifier), problems=reader.problems)
    before = len(reader.problems)
    _check_path(reader, document["path"], at=join(at, "path"))
    if not isinstance(document[quantifier], Mapping) or not document[quantifier]:
        message = (
            f'With a path, "{quantifier}" takes one condition on the members, as in {{path: item, op: equals, …}}.'
        )
        error(reader.problems, join(at, quantifier), code="bad_condition", message=message, value=document[quantifier])
        return None
    reader.lists += 1
    node = reader.node(document[quantifier], at=join(at, quantifier), depth=depth + 1)
    reader.lists -= 1
    if node is None or len(reader.problems) > before:
        return None
    return Members(document["path"], quantifier, node)


def _check_path(reader: _Reader, path: object, *, at: str) -> None:
    fault = fault_of(path, in_list=reader.lists > 0) or _root_fault(reader, path)
    if fault:
        error(reader.problems, at, code="bad_path", message=fault[0], value=path, allowed=fault[1])


def _root_fault(reader: _Reader, path: object) -> tuple[str, tuple[str, ...]] | None:
    root = str(path).partition(".")[0]
    if reader.pasts or root in (*reader.roots, ITEM):
        return None
    allowed = tuple(f"{root}." for root in reader.roots)
    return f"Here there is no event: a path begins with {' or '.join(allowed)}", allowed


def _segment(reader: _Reader, document: Any, *, at: str, depth: int) -> Condition | None:
    before = len(reader.problems)
    mapping_at(document, at=at, keys=("segment",), problems=reader.problems)
    key = key_at(document["segment"], at=join(at, "segment"), problems=reader.problems)
    return InSegment(key) if key is not None and len(reader.problems) == before else None


def _check_op(document: Mapping[str, Any], *, at: str, problems: list[Problem]) -> None:
    if "op" not in document:
        missing(problems, at, key="op", allowed=OPERATORS)
        return
    name = document["op"]
    if isinstance(name, str) and name in OPERATORS:
        _check_value(document.get("value"), at=join(at, "value"), op=name, problems=problems)
        return
    message = f"There is no such operator.{suggestion(str(name), OPERATORS)}"
    place = join(at, "op")
    error(problems, place, code="unknown_operator", message=message, value=name, allowed=OPERATORS)


def _check_value(value: object, *, at: str, op: str, problems: list[Problem]) -> None:
    operator = OPERATORS[op]
    if not operator.needs_value and value is not None:
        error(problems, at, code="unwanted_value", message=f"{op} takes no value.", value=value)
    elif operator.needs_value and value is None:
        message = f"{op} needs a value. To ask whether a field is there, use is_defined or is_not_defined."
        error(problems, at, code="missing_value", message=message)
    elif operator.needs_value and (fault := operator.check(value)):
        error(problems, at, code="bad_value", message=f"{op}: {fault}", value=value)


_Form = Callable[..., Condition | None]
_FORMS: Final[Mapping[str, _Form]] = {
    "all": _all,
    "any": _any,
    "not": _not,
    "path": _leaf,
    "history": _history,
    "segment": _segment,
}
