"""Writing the entries of a document: one function per kind of entry."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, update

from cueline.campaigns.diff import is_same
from cueline.campaigns.document import entry_to_dict
from cueline.campaigns.spec import DRAFT, Action, Rule, Segment, Template
from cueline.publishing.current import Current
from cueline.store.tables import actions, campaign_versions, campaigns, segments, templates


def put_action(connection: Connection, workspace_id: int, action: Action, *, current: Current, now_ms: int) -> None:
    values: dict[str, Any] = {
        "sources": None if action.sources is None else list(action.sources),
        "secret": list(action.secret),
        "description": action.description,
    }
    if action.name in current.actions:
        where = (actions.c.workspace_id == workspace_id) & (actions.c.name == action.name)
        connection.execute(update(actions).where(where).values(values))
        return
    key = {"workspace_id": workspace_id, "name": action.name, "created_ms": now_ms}
    connection.execute(insert(actions).values({**key, **values}))


def put_template(
    connection: Connection, workspace_id: int, template: Template, *, current: Current, now_ms: int
) -> None:
    values = {"channel": template.channel, "document": entry_to_dict(template), "updated_ms": now_ms}
    row = current.templates.get(template.key)
    if row is not None:
        values["version"] = row.version + 1
        connection.execute(update(templates).where(templates.c.id == row.id).values(values))
        return
    key = {"workspace_id": workspace_id, "key": template.key, "version": 1}
    connection.execute(insert(templates).values({**key, **values}))


def put_segment(connection: Connection, workspace_id: int, segment: Segment, *, current: Current, now_ms: int) -> None:
    values = {"document": entry_to_dict(segment), "updated_ms": now_ms}
    row = current.segments.get(segment.key)
    if row is not None:
        connection.execute(update(segments).where(segments.c.id == row.id).values(values))
        return
    connection.execute(insert(segments).values({"workspace_id": workspace_id, "key": segment.key, **values}))


def put_campaign(connection: Connection, workspace_id: int, rule: Rule, *, current: Current, now_ms: int) -> None:
    """A new version when more than the state changed; versions are never changed."""
    document = {key: value for key, value in entry_to_dict(rule).items() if key != "state"}
    row = current.campaigns.get(rule.key)
    published_ms = None if rule.state == DRAFT else now_ms
    if row is None:
        id_ = _insert_campaign(connection, workspace_id, rule, now_ms=now_ms)
        _insert_version(connection, id_, 1, document=document, published_ms=published_ms)
        return
    is_new = not is_same(row.document, document)
    version = row.version + 1 if is_new else row.version
    if is_new:
        _insert_version(connection, row.id, version, document=document, published_ms=published_ms)
    elif published_ms is not None:
        _mark_published(connection, row.id, version, now_ms=published_ms)
    values = {"kind": rule.kind, "state": rule.state, "version": version, "updated_ms": now_ms}
    connection.execute(update(campaigns).where(campaigns.c.id == row.id).values(values))


def _insert_campaign(connection: Connection, workspace_id: int, rule: Rule, *, now_ms: int) -> int:
    values = {
        "workspace_id": workspace_id,
        "key": rule.key,
        "kind": rule.kind,
        "state": rule.state,
        "version": 1,
        "created_ms": now_ms,
        "updated_ms": now_ms,
    }
    row = connection.execute(insert(campaigns).values(values).returning(campaigns.c.id)).one()
    return int(row.id)


def _insert_version(
    connection: Connection,
    campaign_id: int,
    version: int,
    *,
    document: dict[str, Any],
    published_ms: int | None,
) -> None:
    values = {
        "campaign_id": campaign_id,
        "version": version,
        "document": document,
        "published_ms": published_ms,
    }
    connection.execute(insert(campaign_versions).values(values))


def _mark_published(connection: Connection, campaign_id: int, version: int, *, now_ms: int) -> None:
    """A draft that is published as it stands keeps its version."""
    where = (
        (campaign_versions.c.campaign_id == campaign_id)
        & (campaign_versions.c.version == version)
        & campaign_versions.c.published_ms.is_(None)
    )
    connection.execute(update(campaign_versions).where(where).values(published_ms=now_ms))
