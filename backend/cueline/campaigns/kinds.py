"""Every kind of campaign by its name. A new kind is a new file and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cueline.campaigns import rules
from cueline.campaigns.spec import Rule
from cueline.errors import Problem
from cueline.problems import error, join, kind_of, missing, suggestion

KINDS: Final[Mapping[str, Callable[..., Rule | None]]] = {"rule": rules.parse}
LATER_KINDS: Final = ("journey", "mission", "badge")


def parse(value: object, *, at: str, problems: list[Problem]) -> Rule | None:
    """A campaign of any kind."""
    if not isinstance(value, Mapping):
        message = f"A campaign is a mapping, not {kind_of(value)}."
        error(problems, at, code="not_a_mapping", message=message, value=value)
        return None
    if "kind" not in value:
        missing(problems, at, key="kind", allowed=KINDS)
        return None
    kind = value["kind"]
    if isinstance(kind, str) and kind in KINDS:
        return KINDS[kind](value, at=at, problems=problems)
    _report(kind, at=join(at, "kind"), problems=problems)
    return None


def _report(kind: object, *, at: str, problems: list[Problem]) -> None:
    if kind in LATER_KINDS:
        message = f'The kind "{kind}" is not supported in this version.'
        error(problems, at, code="not_supported_yet", message=message, value=kind, allowed=KINDS)
        return
    message = f"There is no such kind of campaign.{suggestion(str(kind), KINDS)}"
    error(problems, at, code="unknown_kind", message=message, value=kind, allowed=KINDS)


def to_document(campaign: Rule) -> dict[str, Any]:
    return rules.to_document(campaign)
