"""`{send: {template: KEY}}` or `{send: KEY}`: a delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from cueline.campaigns.effects.effect import Step
from cueline.campaigns.payload_links import puts_payload_in_link
from cueline.errors import Problem
from cueline.problems import join, key_at, mapping_at, missing

if TYPE_CHECKING:
    from cueline.campaigns.spec import Template


@dataclass(frozen=True, slots=True)
class Send:
    template: str
    channel: str = "email"

    name: ClassVar[str] = "send"
    summary: ClassVar[str] = "sends the user a mail made from a template"

    @classmethod
    def parse(cls, value: object, *, at: str, problems: list[Problem]) -> Send | None:
        if isinstance(value, str):
            return cls._of(value, at=at, problems=problems)
        document = mapping_at(value, at=at, keys=("template",), problems=problems)
        if document is None:
            return None
        if "template" not in document:
            missing(problems, at, key="template")
            return None
        return cls._of(document["template"], at=join(at, "template"), problems=problems)

    @classmethod
    def _of(cls, value: object, *, at: str, problems: list[Problem]) -> Send | None:
        key = key_at(value, at=at, problems=problems)
        return None if key is None else cls(key)

    def to_document(self) -> dict[str, Any]:
        return {"template": self.template}

    def apply(self, step: Step) -> None:
        step.deliver(self.channel, self.template)

    def has_value(self, templates: Mapping[str, Template]) -> bool:
        """Only if the template puts what the event says into a link: else anyone could mail his own links."""
        template = templates.get(self.template)
        return template is not None and puts_payload_in_link(template)

    def paths(self) -> tuple[str, ...]:
        return ()
