"""What a workspace has now, as a document and as what publish checks need to know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, select

from cueline.campaigns import kinds
from cueline.campaigns import segments as segment_entries
from cueline.campaigns import templates as template_entries
from cueline.campaigns.checks import Known
from cueline.campaigns.spec import STATES, Action, Document, Rule, Segment, Template
from cueline.campaigns.unseen import KnownAction
from cueline.errors import Problem
from cueline.store.tables import action_counts, actions, campaign_versions, campaigns, segments, templates

_CAMPAIGNS = (
    select(campaigns, campaign_versions.c.document)
    .join(
        campaign_versions,
        and_(
            campaign_versions.c.campaign_id == campaigns.c.id,
            campaign_versions.c.version == campaigns.c.version,
        ),
    )
    .order_by(campaigns.c.id)
)


@dataclass(frozen=True, slots=True)
class Current:
    """The stored rows by key, and the document they make.

    A row that this release cannot read is among the rows, not in the document.
    """

    document: Document
    campaigns: dict[str, Row[Any]]
    templates: dict[str, Row[Any]]
    segments: dict[str, Row[Any]]
    actions: dict[str, Row[Any]]


def load(connection: Connection, workspace_id: int) -> Current:
    """Everything that a document can hold, but what was archived; five queries."""
    campaign_rows = connection.execute(_CAMPAIGNS.where(campaigns.c.workspace_id == workspace_id)).all()
    template_rows = connection.execute(
        select(templates).where(templates.c.workspace_id == workspace_id).order_by(templates.c.id)
    ).all()
    segment_rows = connection.execute(
        select(segments).where(segments.c.workspace_id == workspace_id).order_by(segments.c.id)
    ).all()
    action_rows = connection.execute(select(actions).where(actions.c.workspace_id == workspace_id)).all()
    document = Document(
        actions=tuple(_action(row) for row in sorted(action_rows, key=_name_of)),
        templates=tuple(_readable_templates(template_rows)),
        segments=tuple(_readable_segments(segment_rows)),
        campaigns=tuple(_readable_campaigns(campaign_rows)),
    )
    return Current(
        document,
        campaigns={row.key: row for row in campaign_rows},
        templates={row.key: row for row in template_rows},
        segments={row.key: row for row in segment_rows},
        actions={row.name: row for row in action_rows},
    )


def _name_of(row: Row[Any]) -> str:
    return str(row.name)


def _action(row: Row[Any]) -> Action:
    sources = None if row.sources is None else tuple(row.sources)
    return Action(row.name, sources, tuple(row.secret), row.description)


def _readable_templates(rows: Any) -> Iterator[Template]:
    for row in rows:
        problems: list[Problem] = []
        template = template_entries.parse(row.document, at=row.key, problems=problems)
        if template is not None:
            yield template


def _readable_segments(rows: Any) -> Iterator[Segment]:
    for row in rows:
        problems: list[Problem] = []
        segment = segment_entries.parse(row.document, at=row.key, problems=problems)
        if segment is not None:
            yield segment


def _readable_campaigns(rows: Any) -> Iterator[Rule]:
    for row in rows:
        problems: list[Problem] = []
        stored = {**row.document, "state": row.state}
        rule = kinds.parse(stored, at=row.key, problems=problems) if row.state in STATES else None
        if rule is not None:
            yield rule


def known(connection: Connection, workspace_id: int, document: Document) -> Known:
    """For the publish checks; `document` is what `load` found."""
    return Known(
        actions=_known_actions(connection, workspace_id, document),
        templates={template.key: template for template in document.templates},
        segments={segment.key: segment for segment in document.segments},
        campaigns=document.campaigns,
    )


def _known_actions(connection: Connection, workspace_id: int, document: Document) -> dict[str, KnownAction]:
    query = select(action_counts.c.name, action_counts.c.fields)
    fields: dict[str, dict[str, set[str]]] = {action.name: {} for action in document.actions}
    for row in connection.execute(query.where(action_counts.c.workspace_id == workspace_id)):
        seen = fields.setdefault(row.name, {})
        for path, types in row.fields.items():
            seen.setdefault(path, set()).update(types)
    known = {action.name: action for action in document.actions}
    return {
        name: KnownAction(known[name].sources, seen, known[name].secret) if name in known else KnownAction(None, seen)
        for name, seen in fields.items()
    }
