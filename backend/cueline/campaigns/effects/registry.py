"""Every effect by its name, and the list of effects in a document. A new one is a new file and a line here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from cueline.campaigns.effects.effect import Effect
from cueline.campaigns.effects.points import Points
from cueline.campaigns.effects.send import Send
from cueline.campaigns.effects.set import Set
from cueline.campaigns.effects.tag import Tag
from cueline.errors import Problem
from cueline.problems import error, join, list_at, mapping_at

EFFECTS: Final[Mapping[str, type[Effect]]] = {effect.name: effect for effect in (Send, Tag, Points, Set)}
MAX_EFFECTS: Final = 50


def parse_all(value: object, *, at: str, problems: list[Problem]) -> tuple[Effect, ...]:
    """The effects of a list, without those that have an error."""
    members = list_at(value, at=at, problems=problems, most=MAX_EFFECTS)
    if value == []:
        error(problems, at, code="no_effect", message="Name at least one effect.", allowed=EFFECTS)
    effects = [parse(member, at=f"{at}[{index}]", problems=problems) for index, member in enumerate(members)]
    return tuple(effect for effect in effects if effect is not None)


def parse(value: object, *, at: str, problems: list[Problem]) -> Effect | None:
    """One effect: a mapping whose only key is its name."""
    document = mapping_at(value, at=at, keys=EFFECTS, problems=problems)
    found = [name for name in EFFECTS if document is not None and name in document]
    if document is None or len(found) == 0:
        _report_none(document, at=at, problems=problems)
        return None
    if len(found) > 1:
        message = f"One effect per entry of the list: make {len(found)} entries of this one."
        error(problems, at, code="several_effects", message=message, value=", ".join(found))
        return None
    return EFFECTS[found[0]].parse(document[found[0]], at=join(at, found[0]), problems=problems)


def _report_none(document: Mapping[str, Any] | None, *, at: str, problems: list[Problem]) -> None:
    """Unknown keys were reported already; an empty mapping was not."""
    if document is not None and not document:
        error(problems, at, code="no_effect", message="Name one effect.", value={}, allowed=EFFECTS)


def to_documents(effects: Iterable[Effect]) -> list[dict[str, Any]]:
    return [{effect.name: effect.to_document()} for effect in effects]
