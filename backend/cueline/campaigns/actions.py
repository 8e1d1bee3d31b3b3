"""The entries under `actions`: what the registry is told by hand."""

from __future__ import annotations

from typing import Any, Final

from cueline.campaigns.spec import Action
from cueline.conditions.paths import fault_of
from cueline.errors import Problem
from cueline.events import SOURCES
from cueline.problems import choice_at, error, join, list_at, mapping_at, missing, text_at
from cueline.triggers import action_name_fault

KEYS: Final = ("name", "sources", "secret", "description")
MAX_SECRETS: Final = 50
MAX_DESCRIPTION: Final = 1_000


def parse(value: object, *, at: str, problems: list[Problem]) -> Action | None:
    document = mapping_at(value, at=at, keys=KEYS, problems=problems)
    if document is None:
        return None
    if "name" not in document:
        missing(problems, at, key="name")
        return None
    before = len(problems)
    action = Action(
        name=_name(document["name"], at=join(at, "name"), problems=problems),
        sources=_sources(document.get("sources"), at=join(at, "sources"), problems=problems),
        secret=_secret(document.get("secret"), at=join(at, "secret"), problems=problems),
        description=_description(document.get("description"), at=join(at, "description"), problems=problems),
    )
    return action if len(problems) == before else None


def _name(value: object, *, at: str, problems: list[Problem]) -> str:
    fault = action_name_fault(value)
    if fault:
        error(problems, at, code="bad_name", message=fault, value=value)
    return str(value)


def _sources(value: object, *, at: str, problems: list[Problem]) -> tuple[str, ...] | None:
    if value is None:
        return None
    members = list_at(value, at=at, problems=problems, most=len(SOURCES))
    if value == []:
        message = "No source could send it: name some, or leave the key out to allow every source."
        error(problems, at, code="no_sources", message=message, allowed=SOURCES)
    for index, member in enumerate(members):
        choice_at(member, at=f"{at}[{index}]", problems=problems, allowed=SOURCES)
    return tuple(source for source in SOURCES if source in members)


def _secret(value: object, *, at: str, problems: list[Problem]) -> tuple[str, ...]:
    members = [] if value is None else list_at(value, at=at, problems=problems, most=MAX_SECRETS)
    for index, member in enumerate(members):
        if not isinstance(member, str) or fault_of(f"event.{member}"):
            message = "This must be the path of a payload field, without event."
            error(problems, f"{at}[{index}]", code="bad_path", message=message, value=member)
    return tuple(dict.fromkeys(str(member) for member in members))


def _description(value: object, *, at: str, problems: list[Problem]) -> str:
    if value is None or value == "":
        return ""
    return text_at(value, at=at, problems=problems, most=MAX_DESCRIPTION, lines=True) or ""


def to_document(action: Action) -> dict[str, Any]:
    document: dict[str, Any] = {"name": action.name}
    if action.sources is not None:
        document["sources"] = list(action.sources)
    if action.secret:
        document["secret"] = list(action.secret)
    if action.description:
        document["description"] = action.description
    return document
