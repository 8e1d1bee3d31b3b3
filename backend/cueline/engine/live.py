"""What a workspace has in force while a batch runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from cueline.campaigns.matching import Index


@dataclass(frozen=True, slots=True)
class ActionRule:
    """What the registry says of one client action. `sources` None: nobody restricted it."""

    sources: frozenset[str] | None = None
    secret: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Live:
    """One workspace: its campaigns in force, its actions' rules, secrets of signed links, hold time, zone."""

    workspace_id: int
    revision: int
    hold_ms: int
    index: Index
    actions: Mapping[str, ActionRule] = field(default_factory=dict)
    link_secrets: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC

    def rule_of(self, action: str | None) -> ActionRule:
        return self.actions.get(action, _FREE) if action else _FREE


_FREE = ActionRule()
