"""`{set: {property: value}}` or `{set: {property: {path: event.field}}}`: the user's properties."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from cueline.campaigns.effects.effect import Step
from cueline.conditions.paths import fault_of
from cueline.conditions.values import is_value, whole
from cueline.errors import Problem
from cueline.problems import error, join, kind_of, mapping_at, missing, text_fault

if TYPE_CHECKING:
    from cueline.campaigns.spec import Template

RESERVED: Final = ("id", "tags", "points")
MAX_PROPERTIES: Final = 50
MAX_NAME_LENGTH: Final = 100
MAX_TEXT_LENGTH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Path:
    """A value that is looked up when the effect happens."""

    path: str


@dataclass(frozen=True, slots=True)
class Set:
    """Pairs of a property and its value, sorted by property. A path that leads nowhere sets nothing."""

    properties: tuple[tuple[str, Any], ...]

    name: ClassVar[str] = "set"
    summary: ClassVar[str] = "sets properties of the user, to a value or to a field of the event"

    @classmethod
    def parse(cls, value: object, *, at: str, problems: list[Problem]) -> Set | None:
        if not isinstance(value, Mapping) or not 1 <= len(value) <= MAX_PROPERTIES:
            message = f"set takes a mapping of 1 to {MAX_PROPERTIES} properties to their values."
            error(problems, at, code="bad_set", message=message, value=value)
            return None
        before = len(problems)
        pairs = [(str(name), _value(found, at=join(at, str(name)), problems=problems)) for name, found in value.items()]
        for name in value:
            _check_name(name, at=join(at, str(name)), problems=problems)
        return cls(tuple(sorted(pairs, key=_name_of))) if len(problems) == before else None

    def to_document(self) -> dict[str, Any]:
        return {name: {"path": value.path} if isinstance(value, Path) else value for name, value in self.properties}

    def apply(self, step: Step) -> None:
        for name, value in self.properties:
            found = step.lookup(value.path) if isinstance(value, Path) else value
            if is_value(found):
                step.set_property(name, found)

    def has_value(self, templates: Mapping[str, Template]) -> bool:
        return False

    def paths(self) -> tuple[str, ...]:
        return tuple(value.path for _, value in self.properties if isinstance(value, Path))


def _name_of(pair: tuple[str, Any]) -> str:
    return pair[0]


def _check_name(name: object, *, at: str, problems: list[Problem]) -> None:
    if name in RESERVED:
        message = f'"{name}" is not a property: the effects tag and points change the others.'
        error(problems, at, code="reserved_property", message=message, value=name)
        return
    fault = text_fault(name, most=MAX_NAME_LENGTH)
    if fault or "." in str(name):
        message = fault or "A property's name has no dot: paths could not reach it."
        error(problems, at, code="bad_property", message=message, value=name)


def _value(value: object, *, at: str, problems: list[Problem]) -> Any:
    if isinstance(value, Mapping):
        return _path(value, at=at, problems=problems)
    if isinstance(value, str) and len(value) <= MAX_TEXT_LENGTH:
        return value
    if isinstance(value, int | float) and math.isfinite(value):
        return whole(value)
    message = f"A property is set to text (at most {MAX_TEXT_LENGTH}), a number, a boolean or a path."
    error(problems, at, code="bad_value", message=f"{message} This is {kind_of(value)}.", value=value)
    return None


def _path(value: Mapping[str, Any], *, at: str, problems: list[Problem]) -> Path | None:
    mapping_at(value, at=at, keys=("path",), problems=problems)
    if "path" not in value:
        missing(problems, at, key="path")
        return None
    fault = fault_of(value["path"])
    if fault is None:
        return Path(value["path"])
    place = join(at, "path")
    error(problems, place, code="bad_path", message=fault[0], value=value["path"], allowed=fault[1])
    return None
