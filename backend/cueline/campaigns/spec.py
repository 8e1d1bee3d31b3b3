"""What a document holds, once it is read: campaigns, templates, actions. Times are milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cueline.campaigns.effects.effect import Effect
from cueline.conditions import ALWAYS, Condition
from cueline.triggers import Trigger

DRAFT: Final = "draft"
ACTIVE: Final = "active"
PAUSED: Final = "paused"
STATES: Final = (DRAFT, ACTIVE, PAUSED)

EMAIL: Final = "email"
CHANNELS: Final = (EMAIL,)
TRANSACTIONAL: Final = "transactional"
MARKETING: Final = "marketing"
CATEGORIES: Final = (TRANSACTIONAL, MARKETING)

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Entry:
    """How often a user may enter: one run per key, at most `limit` in any `window_ms` (None: ever)."""

    key: str = "eid"
    limit: int | None = None
    window_ms: int | None = None
    max_age_ms: int = DAY_MS


@dataclass(frozen=True, slots=True)
class Rule:
    """The campaign whose effects all happen at once."""

    key: str
    trigger: Trigger
    effects: tuple[Effect, ...]
    name: str | None = None
    state: str = ACTIVE
    where: Condition = ALWAYS
    entry: Entry = field(default_factory=Entry)

    kind = "rule"


@dataclass(frozen=True, slots=True)
class Template:
    """The Liquid text of a delivery. `repeat_after_crash` None: what its category implies."""

    key: str
    subject: str
    html: str | None = None
    text: str | None = None
    channel: str = EMAIL
    category: str = MARKETING
    repeat_after_crash: bool | None = None

    @property
    def repeats_after_crash(self) -> bool:
        """Whether a delivery that may have gone out before a crash is sent again."""
        if self.repeat_after_crash is not None:
            return self.repeat_after_crash
        return self.category == TRANSACTIONAL


@dataclass(frozen=True, slots=True)
class Action:
    """What the action registry is told by hand. `sources` None: every source may send it."""

    name: str
    sources: tuple[str, ...] | None = None
    secret: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A condition on users that has a name. It sees no event but those of a history."""

    key: str
    where: Condition
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One campaign document, every part in the order of its text."""

    actions: tuple[Action, ...] = ()
    templates: tuple[Template, ...] = ()
    segments: tuple[Segment, ...] = ()
    campaigns: tuple[Rule, ...] = ()
