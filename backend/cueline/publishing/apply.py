"""A document into SQL: what it would change, and the change itself, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select, update

from cueline.campaigns import checks
from cueline.campaigns.checks import Complaints, no_complaints
from cueline.campaigns.diff import UNCHANGED, Change, diff
from cueline.campaigns.document import key_of
from cueline.campaigns.spec import Document
from cueline.errors import DocumentError, NotFound, Problem
from cueline.problems import has_errors
from cueline.publishing.current import Current, known, load
from cueline.publishing.upserts import put_action, put_campaign, put_segment, put_template
from cueline.store.tables import workspaces


@dataclass(frozen=True, slots=True)
class Plan:
    """One change per entry of the document, and what the publish checks found."""

    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]

    @property
    def is_valid(self) -> bool:
        return not has_errors(self.problems)

    @property
    def changes_anything(self) -> bool:
        return any(change.what != UNCHANGED for change in self.changes)


def plan(
    connection: Connection,
    workspace_id: int,
    document: Document,
    *,
    template_problems: Complaints = no_complaints,
) -> Plan:
    """What `apply` would do. Writes nothing.

    `template_problems`: `cueline.deliveries.templates.problems`, which knows Liquid.
    """
    return _planned(connection, workspace_id, document, load(connection, workspace_id), template_problems)


def apply(
    connection: Connection,
    workspace_id: int,
    document: Document,
    *,
    now_ms: int,
    template_problems: Complaints = no_complaints,
) -> Plan:
    """Upserts by key and leaves what the document lacks; a document already in force changes nothing.

    Needs a transaction that may write. Raises DocumentError when a check finds an error, NotFound without a
    workspace.
    """
    _lock(connection, workspace_id)
    current = load(connection, workspace_id)
    planned = _planned(connection, workspace_id, document, current, template_problems)
    if not planned.is_valid:
        raise DocumentError(list(planned.problems))
    if planned.changes_anything:
        _write(connection, workspace_id, document, planned=planned, current=current, now_ms=now_ms)
        _bump_revision(connection, workspace_id)
    return planned


def _planned(
    connection: Connection,
    workspace_id: int,
    document: Document,
    current: Current,
    template_problems: Complaints,
) -> Plan:
    knowledge = known(connection, workspace_id, current.document)
    problems = checks.check(document, knowledge, template_problems=template_problems)
    return Plan(tuple(diff(current.document, document)), tuple(problems))


def _lock(connection: Connection, workspace_id: int) -> None:
    """Two documents at once are applied one after the other (SQLite lets one write at a time anyway).

    The lock leaves drains alone, whose new rows refer to the workspace.
    """
    row = select(workspaces.c.id).where(workspaces.c.id == workspace_id).with_for_update(key_share=True)
    if connection.execute(row).one_or_none() is None:
        raise NotFound(f"There is no workspace {workspace_id}.")


_PUT: Final[dict[str, Callable[..., None]]] = {
    "action": put_action,
    "template": put_template,
    "segment": put_segment,
    "campaign": put_campaign,
}


def _write(
    connection: Connection,
    workspace_id: int,
    document: Document,
    *,
    planned: Plan,
    current: Current,
    now_ms: int,
) -> None:
    entries: tuple[Any, ...] = (
        *(*document.actions, *document.templates),
        *(*document.segments, *document.campaigns),
    )
    for change, entry in zip(planned.changes, entries, strict=True):
        if change.what != UNCHANGED and change.key == key_of(entry):
            _PUT[change.kind](connection, workspace_id, entry, current=current, now_ms=now_ms)


def _bump_revision(connection: Connection, workspace_id: int) -> None:
    """Drains see it with their next batch and load anew what is in force."""
    raised = {"revision": workspaces.c.revision + 1}
    connection.execute(update(workspaces).where(workspaces.c.id == workspace_id).values(raised))
