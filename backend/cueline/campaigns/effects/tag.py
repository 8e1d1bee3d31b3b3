"""`{tag: {add: [...], remove: [...]}}`: the user's tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from cueline.campaigns.effects.effect import Step
from cueline.errors import Problem
from cueline.problems import error, join, list_at, mapping_at, text_at

if TYPE_CHECKING:
    from cueline.campaigns.spec import Template

MAX_TAGS: Final = 50
MAX_TAG_LENGTH: Final = 100


@dataclass(frozen=True, slots=True)
class Tag:
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    name: ClassVar[str] = "tag"
    summary: ClassVar[str] = "adds tags to the user, or takes them away"

    @classmethod
    def parse(cls, value: object, *, at: str, problems: list[Problem]) -> Tag | None:
        document = mapping_at(value, at=at, keys=("add", "remove"), problems=problems)
        if document is None:
            return None
        before = len(problems)
        add = _tags(document.get("add", []), at=join(at, "add"), problems=problems)
        remove = _tags(document.get("remove", []), at=join(at, "remove"), problems=problems)
        if len(problems) == before:
            _check(add, remove, at=at, problems=problems)
        return cls(add, remove) if len(problems) == before else None

    def to_document(self) -> dict[str, Any]:
        lists = {"add": list(self.add), "remove": list(self.remove)}
        return {key: tags for key, tags in lists.items() if tags}

    def apply(self, step: Step) -> None:
        for tag in self.add:
            step.add_tag(tag)
        for tag in self.remove:
            step.remove_tag(tag)

    def has_value(self, templates: Mapping[str, Template]) -> bool:
        return False

    def paths(self) -> tuple[str, ...]:
        return ()


def _tags(value: object, *, at: str, problems: list[Problem]) -> tuple[str, ...]:
    members = list_at(value, at=at, problems=problems, most=MAX_TAGS)
    tags = [
        text_at(member, at=f"{at}[{index}]", problems=problems, most=MAX_TAG_LENGTH)
        for index, member in enumerate(members)
    ]
    return tuple(dict.fromkeys(tag for tag in tags if tag is not None))


def _check(add: tuple[str, ...], remove: tuple[str, ...], *, at: str, problems: list[Problem]) -> None:
    both = [tag for tag in add if tag in remove]
    if both:
        message = f'"{both[0]}" cannot be added and removed at once.'
        error(problems, at, code="contradiction", message=message, value=both[0])
    elif not add and not remove:
        message = "Name at least one tag to add or to remove."
        error(problems, at, code="no_effect", message=message, allowed=("add", "remove"))
