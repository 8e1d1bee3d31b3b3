"""Whether a campaign may have effects of value: by the sources of its events, or by a cap per user."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from cueline import conditions
from cueline.campaigns.effects.effect import Effect
from cueline.campaigns.effects.set import Path, Set
from cueline.campaigns.entry import is_capped
from cueline.campaigns.spec import Rule
from cueline.events import OUTCOMES, TRUSTED_SOURCES
from cueline.triggers import EVENT

TRUST: Final = (
    "actions: [{name: …, sources: [server, signed_link, system]}]",
    "where: {path: meta.source, op: equals, value: server}",
)


def is_safe(rule: Rule, sources: Collection[str] | None) -> bool:
    """`sources`: those that the registry allows for the rule's action, None for every source."""
    return is_capped(rule.entry) or is_trusted(rule, sources)


def is_trusted(rule: Rule, sources: Collection[str] | None) -> bool:
    """Whether only events that no browser can forge start the rule."""
    if rule.trigger.kind == EVENT and rule.trigger.name in OUTCOMES:
        return True
    if sources is not None and TRUSTED_SOURCES.issuperset(sources):
        return True
    return any(
        leaf.path == "meta.source" and leaf.op == "equals" and leaf.value in TRUSTED_SOURCES
        for leaf in conditions.required(rule.where)
    )


def sets_address(effect: Effect) -> bool:
    """Whether the event decides the address that mails go to."""
    if not isinstance(effect, Set):
        return False
    return any(name == "email" and isinstance(value, Path) for name, value in effect.properties)
