"""What a user's earlier events were, for conditions that look back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from cueline import clock, events
from cueline.campaigns.secrets import is_secret
from cueline.conditions import History
from cueline.engine.live import Live
from cueline.triggers import ACTION, Trigger

PastKey = tuple[int, Trigger]  # user id


class PastEvent(Struct, frozen=True):
    """A decided event; `context` is what its page said of itself."""

    id: int
    at_ms: int
    type: str
    action: str | None
    source: str
    verified: bool
    payload: Mapping[str, Any]
    context: Mapping[str, Any]

    @property
    def meta(self) -> Mapping[str, Any]:
        return {
            **self.context,
            "action": self.action,
            "type": self.type,
            "source": self.source,
            "verified": self.verified,
            "time": clock.to_iso(self.at_ms),
        }


class UserPast:
    """A scope's "history". What was not loaded raises KeyError: a campaign must not count what it cannot see."""

    __slots__ = ("_live", "_past", "_user_id")

    def __init__(self, past: Mapping[PastKey, Sequence[PastEvent]], *, user_id: int, live: Live) -> None:
        self._past = past
        self._user_id = user_id
        self._live = live

    def of(self, trigger: Trigger) -> Sequence[PastEvent]:
        return self._past[self._user_id, trigger]

    def shown(self, trigger: Trigger, path: str | None, found: Any) -> Any:
        if path is None:
            return found
        return events.MASK if is_secret(path, self._secrets(trigger)) else found

    def _secrets(self, trigger: Trigger) -> Iterable[str]:
        """A link's verb and an event's type may stand for any action."""
        if trigger.kind == ACTION:
            return self._live.rule_of(trigger.name).secret
        return (secret for rule in self._live.actions.values() for secret in rule.secret)


def oldest_ms(history: History, *, now_ms: int) -> int:
    """From when on its events count."""
    return 0 if history.within_ms is None else max(0, now_ms - history.within_ms)
