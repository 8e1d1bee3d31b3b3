"""What a campaign reads and the action registry has never seen, or has seen as something else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from cueline import conditions
from cueline.campaigns.spec import Rule
from cueline.conditions import Condition, History, Judge
from cueline.conditions.operators.registry import fitting
from cueline.conditions.values import ANY, BOOLEAN, LIST
from cueline.errors import Problem
from cueline.problems import error, suggestion, warning
from cueline.triggers import ACTION

_PAYLOAD: Final = "event."


@dataclass(frozen=True, slots=True)
class KnownAction:
    """An action of the registry: allowed sources (None: every one), payload fields by path with their types.

    `secret`: the paths of fields whose values stay in the event.
    """

    sources: tuple[str, ...] | None = None
    fields: Mapping[str, AbstractSet[str]] = field(default_factory=dict)
    secret: tuple[str, ...] = ()


def check_fields(rule: Rule, actions: Mapping[str, KnownAction], *, at: str, problems: list[Problem]) -> None:
    """Warns of an action or field never seen; an operator that cannot fit the types seen is an error."""
    if rule.trigger.kind != ACTION:
        return
    action = actions.get(rule.trigger.name)
    if action is None:
        _warn_of_action(rule.trigger.name, actions, at=f"{at}.trigger.action", problems=problems)
        return
    for place, path in _paths(rule, at=at):
        _warn_of_field(path, action, at=place, problems=problems)
    for place, leaf in conditions.located(rule.where, f"{at}.where"):
        _check_fit(leaf, action, at=place, problems=problems)


def check_histories(
    condition: Condition, actions: Mapping[str, KnownAction], *, at: str, problems: list[Problem]
) -> None:
    """The same for the actions that a condition looks back at."""
    for place, leaf in conditions.located(condition, at):
        if isinstance(leaf, History) and leaf.trigger.kind == ACTION:
            _check_history(leaf, actions, at=f"{place}.history", problems=problems)


def _check_history(history: History, actions: Mapping[str, KnownAction], *, at: str, problems: list[Problem]) -> None:
    """The action that is looked back at, and the fields of its events."""
    action = actions.get(history.trigger.name)
    if action is None:
        _warn_of_action(history.trigger.name, actions, at=f"{at}.action", problems=problems)
        return
    if history.of is not None:
        _warn_of_field(history.of, action, at=f"{at}.{history.measure}", problems=problems)
    for place, leaf in conditions.located(history.where, f"{at}.where"):
        _warn_of_field(leaf.path, action, at=f"{place}.path", problems=problems)
        _check_fit(leaf, action, at=place, problems=problems)


def _warn_of_action(name: str, actions: Iterable[str], *, at: str, problems: list[Problem]) -> None:
    message = f"No such action has been seen or added so far.{suggestion(name, actions)}"
    warning(problems, at, code="unknown_action", message=message, value=name)


def _paths(rule: Rule, *, at: str) -> Iterator[tuple[str, str]]:
    """The payload paths that a rule reads, each with its place in the document."""
    for place, leaf in conditions.located(rule.where, f"{at}.where"):
        yield f"{place}.path", leaf.path
    yield f"{at}.entry.key", rule.entry.key
    for index, effect in enumerate(rule.effects):
        for path in effect.paths():
            yield f"{at}.do[{index}].{effect.name}", path


def _warn_of_field(path: str, action: KnownAction, *, at: str, problems: list[Problem]) -> None:
    if not path.startswith(_PAYLOAD):
        return
    name = path.removeprefix(_PAYLOAD)
    if any(known == name or known.startswith(f"{name}.") for known in action.fields):
        return
    message = f"This field was never seen in the action's payload.{suggestion(name, action.fields)}"
    seen = sorted(f"{_PAYLOAD}{known}" for known in action.fields)[:20]
    warning(problems, at, code="unknown_field", message=message, value=path, allowed=seen)


def _check_fit(leaf: Judge, action: KnownAction, *, at: str, problems: list[Problem]) -> None:
    types = ANY & frozenset(action.fields.get(leaf.path.removeprefix(_PAYLOAD), ()))
    if not types or not leaf.path.startswith(_PAYLOAD):
        return
    shown = " or ".join(sorted(types))
    if not leaf.fits & types:
        message = f"{leaf.op} cannot hold: the field has only been {shown}."
        allowed = fitting(types)
        error(problems, f"{at}.op", code="operator_does_not_fit", message=message, value=leaf.op, allowed=allowed)
    elif isinstance(leaf.value, bool) and not types & {BOOLEAN, LIST}:
        message = f'The field has only been {shown}, never a boolean: for text, write "true" in quotes.'
        warning(problems, f"{at}.value", code="boolean_for_text", message=message, value=leaf.value)
