"""What a campaign waits for, and what a history counts: `{action: NAME}`, `{link: VERB}` or `{event: TYPE}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cueline.errors import Problem
from cueline.problems import error, join, mapping_at, text_fault

ACTION: Final = "action"
LINK: Final = "link"
EVENT: Final = "event"

MAX_ACTION_LENGTH: Final = 100
MAX_TYPE_LENGTH: Final = 128

_VERB = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Trigger:
    """A client action's name, a deep link's verb, or an event's type."""

    kind: str
    name: str


def parse(value: object, *, at: str, problems: list[Problem]) -> Trigger | None:
    document = mapping_at(value, at=at, keys=KINDS, problems=problems)
    if document is None:
        return None
    found = [kind for kind in KINDS if kind in document]
    if len(found) != 1:
        message = "A trigger has exactly one of the keys action, link, event."
        error(problems, at, code="bad_trigger", message=message, value=value, allowed=KINDS)
        return None
    return _named(found[0], document[found[0]], at=at, problems=problems)


def _named(kind: str, name: object, *, at: str, problems: list[Problem]) -> Trigger | None:
    fault = KINDS[kind](name)
    if fault:
        error(problems, join(at, kind), code="bad_name", message=fault, value=name)
        return None
    return Trigger(kind, str(name).lower() if kind == LINK else str(name))


def action_name_fault(name: object) -> str | None:
    """What is wrong with the name of a client action, or None."""
    return text_fault(name, most=MAX_ACTION_LENGTH)


def _verb_fault(name: object) -> str | None:
    if isinstance(name, str) and _VERB.fullmatch(name):
        return None
    return "A link's verb has 1 to 64 letters, digits, _ . - and begins with a letter."


def _type_fault(name: object) -> str | None:
    return text_fault(name, most=MAX_TYPE_LENGTH)


KINDS: Final[Mapping[str, Callable[[object], str | None]]] = {
    ACTION: action_name_fault,
    LINK: _verb_fault,
    EVENT: _type_fault,
}


def to_document(trigger: Trigger) -> dict[str, str]:
    return {trigger.kind: trigger.name}
