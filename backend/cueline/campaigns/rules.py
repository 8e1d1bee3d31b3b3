"""The kind `rule`: trigger, condition, entry policy, and effects that happen at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cueline import conditions, triggers
from cueline.campaigns import entry
from cueline.campaigns.effects import registry
from cueline.campaigns.spec import ACTIVE, STATES, Entry, Rule
from cueline.errors import Problem
from cueline.problems import choice_at, join, key_at, mapping_at, missing, text_at
from cueline.triggers import Trigger

KEYS: Final = ("key", "kind", "name", "state", "trigger", "where", "entry", "do")
MAX_NAME: Final = 200


def parse(value: object, *, at: str, problems: list[Problem]) -> Rule | None:
    document = mapping_at(value, at=at, keys=KEYS, problems=problems)
    if document is None:
        return None
    before = len(problems)
    for key in ("key", "trigger", "do"):
        if key not in document:
            missing(problems, at, key=key)
    rule = _read(document, at=at, problems=problems)
    return rule if len(problems) == before else None


def _read(document: Mapping[str, Any], *, at: str, problems: list[Problem]) -> Rule:
    """Reads every part that is there, so that all its problems are told at once."""
    key, name = document.get("key", "absent"), document.get("name")
    key_at(key, at=join(at, "key"), problems=problems)
    if name is not None:
        text_at(name, at=join(at, "name"), problems=problems, most=MAX_NAME)
    state = document.get("state", ACTIVE)
    choice_at(state, at=join(at, "state"), problems=problems, allowed=STATES)
    where = conditions.parse(document.get("where"), at=join(at, "where"), problems=problems)
    policy = entry.parse(document.get("entry"), at=join(at, "entry"), problems=problems)
    return Rule(
        key=key,
        name=name,
        state=state,
        trigger=_trigger(document, at=at, problems=problems),
        where=where or conditions.ALWAYS,
        entry=policy or Entry(),
        effects=registry.parse_all(document["do"], at=join(at, "do"), problems=problems) if "do" in document else (),
    )


def _trigger(document: Mapping[str, Any], *, at: str, problems: list[Problem]) -> Trigger:
    nowhere = Trigger("", "")
    if "trigger" not in document:
        return nowhere
    return triggers.parse(document["trigger"], at=join(at, "trigger"), problems=problems) or nowhere


def to_document(rule: Rule) -> dict[str, Any]:
    document: dict[str, Any] = {
        "key": rule.key,
        "kind": rule.kind,
        "name": rule.name,
        "state": None if rule.state == ACTIVE else rule.state,
        "trigger": triggers.to_document(rule.trigger),
        "where": conditions.to_document(rule.where) or None,
        "entry": entry.to_document(rule.entry) or None,
        "do": registry.to_documents(rule.effects),
    }
    return {key: value for key, value in document.items() if value is not None}
