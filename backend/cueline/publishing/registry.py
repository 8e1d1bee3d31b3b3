"""Adding to the action registry by hand."""

from __future__ import annotations

from sqlalchemy import Connection

from cueline.campaigns.diff import Change
from cueline.campaigns.spec import Action, Document
from cueline.publishing.apply import apply


def add_action(connection: Connection, workspace_id: int, action: Action, *, now_ms: int) -> Change:
    """Adds an action or replaces what was said of it; what was counted stays.

    Raises DocumentError when an active campaign with effects of value would lose its trusted sources.
    """
    planned = apply(connection, workspace_id, Document(actions=(action,)), now_ms=now_ms)
    return planned.changes[0]
