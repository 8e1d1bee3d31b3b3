"""What the engine knows when a batch begins, and changes as it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from cueline.campaigns.matching import LiveCampaign
from cueline.engine.decode import Decoded
from cueline.engine.live import Live
from cueline.engine.past import PastEvent, PastKey
from cueline.events import Event

UserKey = tuple[int, str]  # workspace, user_ext_id
VisitorKey = tuple[int, str]  # workspace, visitor_id


class UserState(Struct):
    """A user's row. `is_changed`: more than `last_seen_ms` is to be written."""

    id: int
    workspace_id: int
    ext_id: str
    properties: dict[str, Any] = {}
    tags: list[str] = []
    points: dict[str, int] = {}
    writers: dict[str, str] = {}
    last_seen_ms: int = 0
    is_changed: bool = False
    _scope: dict[str, Any] | None = None

    def scope(self) -> dict[str, Any]:
        """What conditions and templates see under `user.`."""
        if self._scope is None:
            own = {"id": self.ext_id, "tags": list(self.tags), "points": dict(self.points)}
            self._scope = {**self.properties, **own}
        return self._scope

    def touch(self) -> None:
        """Call after each change of properties, tags or points."""
        self.is_changed = True
        self._scope = None


class Read(Struct, frozen=True):
    """An event as decoded, its candidates, and how many campaigns of its triggers the index left out."""

    decoded: Decoded
    candidates: Sequence[LiveCampaign] = ()
    left_out: int = 0


@dataclass(slots=True)
class State:
    """Loaded before the engine runs: everything a batch may ask for.

    `entered`: for campaigns with a limit, when (ms, ascending) this user entered before, by (campaign, user).
    `entry_keys`: those of this batch that are taken already, by (campaign, user, key).
    `past`: decided events that conditions look back at; those of this batch are added as they are decided.
    `read`: by event id, what was found out in order to load the rest; an event that is missing here is read anew.
    """

    lives: Mapping[int, Live]
    new_id: Callable[[], int]
    users: dict[UserKey, UserState] = field(default_factory=dict)
    held: dict[VisitorKey, list[Event]] = field(default_factory=dict)
    entered: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    entry_keys: set[tuple[int, int, str]] = field(default_factory=set)
    nonces: set[tuple[int, str]] = field(default_factory=set)
    past: dict[PastKey, list[PastEvent]] = field(default_factory=dict)
    read: dict[int, Read] = field(default_factory=dict)
