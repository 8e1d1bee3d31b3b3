"""What an effect is, and what the engine offers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from cueline.errors import Problem

if TYPE_CHECKING:
    from cueline.campaigns.spec import Template


class Step(Protocol):
    """The engine's side: what an effect may do for the user whose run it is."""

    def deliver(self, channel: str, template: str) -> None: ...

    def add_tag(self, tag: str) -> None: ...

    def remove_tag(self, tag: str) -> None: ...

    def add_points(self, amount: int, currency: str) -> None: ...

    def set_property(self, name: str, value: Any) -> None: ...

    def lookup(self, path: str) -> Any:
        """The value at a path like `event.amount`; MISSING when absent."""


class Effect(Protocol):
    """A frozen dataclass that reads itself from a document, writes itself, and acts on a step."""

    name: ClassVar[str]
    summary: ClassVar[str]

    @classmethod
    def parse(cls, value: object, *, at: str, problems: list[Problem]) -> Effect | None: ...

    def to_document(self) -> dict[str, Any]: ...

    def apply(self, step: Step) -> None: ...

    def has_value(self, templates: Mapping[str, Template]) -> bool:
        """Whether someone gains by triggering it at will; `templates` are those it may name."""

    def paths(self) -> tuple[str, ...]:
        """The paths it reads."""
