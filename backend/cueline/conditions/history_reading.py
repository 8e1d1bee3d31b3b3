"""Reads `{history: {…}, op, value}`. What is wrong becomes a problem with its path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from cueline import durations, triggers
from cueline.conditions.history import COUNT, MEASURES, History
from cueline.conditions.operators.registry import OPERATORS, fitting
from cueline.conditions.paths import fault_of, split
from cueline.conditions.tree import ALWAYS, Condition
from cueline.errors import Problem
from cueline.problems import error, join, mapping_at

MEASURED: Final = tuple(name for name in MEASURES if name != COUNT)
KEYS: Final = (*triggers.KINDS, "within", "where", *MEASURED)
_ROOTS: Final = ("event", "meta")


class Reader(Protocol):
    """The reading of the whole condition, which counts depth and nodes. `lists`, `pasts`: those it is inside of."""

    problems: list[Problem]
    lists: int
    pasts: int

    def node(self, document: object, *, at: str, depth: int) -> Condition | None: ...


def history_at(reader: Reader, document: Any, *, at: str, depth: int, value: Any) -> Condition | None:
    """`value`: what the operator wants, checked already."""
    before = len(reader.problems)
    place = join(at, "history")
    if reader.lists or reader.pasts:
        message = "A history stands neither in another history nor in a condition on the members of a list."
        error(reader.problems, place, code="nested_history", message=message, value=document["history"])
        return None
    inside = mapping_at(document["history"], at=place, keys=KEYS, problems=reader.problems)
    if inside is None:
        return None
    trigger = triggers.parse(_trigger_in(inside), at=place, problems=reader.problems)
    within_ms = _within(inside, at=place, problems=reader.problems)
    measure, of = _measure(inside, at=place, problems=reader.problems)
    where = _where(reader, inside, at=place, depth=depth)
    _check_fit(document, measure, at=at, problems=reader.problems)
    if trigger is None or where is None or len(reader.problems) > before:
        return None
    return History(trigger, document["op"], value, measure, of, within_ms, where)


def _trigger_in(inside: Mapping[str, Any]) -> dict[str, Any]:
    return {key: inside[key] for key in triggers.KINDS if key in inside}


def _within(inside: Mapping[str, Any], *, at: str, problems: list[Problem]) -> int | None:
    if "within" not in inside:
        return None
    return durations.parse(inside["within"], at=join(at, "within"), problems=problems)


def _measure(inside: Mapping[str, Any], *, at: str, problems: list[Problem]) -> tuple[str, str | None]:
    found = [name for name in MEASURED if name in inside]
    if not found:
        return COUNT, None
    if len(found) > 1:
        message = f"One measure, not several: {', '.join(found)}. Without one, events are counted."
        error(problems, at, code="several_measures", message=message, value=", ".join(found), allowed=MEASURED)
    path = inside[found[0]]
    fault = fault_of(path)
    if fault:
        error(problems, join(at, found[0]), code="bad_path", message=fault[0], value=path, allowed=fault[1])
    elif split(path)[0] not in _ROOTS:
        message = "What is measured is a field of the events that are looked back at."
        error(problems, join(at, found[0]), code="bad_path", message=message, value=path, allowed=("event.", "meta."))
    return found[0], path


def _where(reader: Reader, inside: Mapping[str, Any], *, at: str, depth: int) -> Condition | None:
    if inside.get("where") in (None, {}):
        return ALWAYS
    reader.pasts += 1
    node = reader.node(inside["where"], at=join(at, "where"), depth=depth + 1)
    reader.pasts -= 1
    return node


def _check_fit(document: Mapping[str, Any], measure: str, *, at: str, problems: list[Problem]) -> None:
    types = MEASURES[measure][1]
    operator = OPERATORS.get(str(document.get("op")))
    if operator is None or operator.fits & types:
        return
    message = f"{operator.name} cannot hold: {measure} gives a number."
    error(
        problems,
        join(at, "op"),
        code="operator_does_not_fit",
        message=message,
        value=operator.name,
        allowed=fitting(types),
    )
