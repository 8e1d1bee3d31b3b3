"""What is in force, per workspace: loaded once, and again when the workspace's revision has grown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, bindparam, select

from cueline import conditions
from cueline.campaigns import kinds
from cueline.campaigns import segments as entries
from cueline.campaigns.matching import Index, LiveCampaign
from cueline.campaigns.spec import ACTIVE
from cueline.conditions import Condition
from cueline.engine import ActionRule, Live
from cueline.errors import CuelineError, Problem
from cueline.logs import Log
from cueline.store.batch.keyed import Keyed
from cueline.store.tables import actions, campaign_versions, campaigns, segments, workspaces

_REVISIONS = Keyed(select(workspaces.c.id, workspaces.c.revision), workspaces.c.id)

_CAMPAIGNS = (
    select(campaigns.c.id, campaigns.c.version, campaign_versions.c.document)
    .join(
        campaign_versions,
        and_(
            campaign_versions.c.campaign_id == campaigns.c.id,
            campaign_versions.c.version == campaigns.c.version,
        ),
    )
    .where(campaigns.c.workspace_id == bindparam("workspace_id"), campaigns.c.state == ACTIVE)
    .order_by(campaigns.c.id)
)

_log = Log(__name__)


class UnknownWorkspace(CuelineError):
    """An entry names a workspace that is not in SQL."""

    code = "unknown_workspace"


class LiveBook:
    """The cache of one process. One query per batch tells whether it still holds."""

    def __init__(self) -> None:
        self._lives: dict[int, Live] = {}

    def current(self, connection: Connection, ids: Iterable[int]) -> dict[int, Live]:
        wanted = sorted(ids)
        found = _REVISIONS.rows(connection, [(id_,) for id_ in wanted])
        revisions = {id_: revision for id_, revision in found}  # noqa: C416 - a Row is no pair to mypy
        for id_ in wanted:
            if id_ not in revisions:
                raise UnknownWorkspace(f"There is no workspace {id_}; the entry that names it cannot be handled.")
            known = self._lives.get(id_)
            if known is None or known.revision != revisions[id_]:
                self._lives[id_] = _load(connection, id_)
        return {id_: self._lives[id_] for id_ in wanted}


def _load(connection: Connection, id_: int) -> Live:
    row = connection.execute(select(workspaces).where(workspaces.c.id == id_)).one()
    found = connection.execute(_CAMPAIGNS, {"workspace_id": row.id})
    meanings = _meanings(connection, id_)
    live = (_campaign(one, row.id, meanings) for one in found)
    index = Index.build(campaign for campaign in live if campaign is not None)
    rules = {
        action.name: ActionRule(None if action.sources is None else frozenset(action.sources), frozenset(action.secret))
        for action in connection.execute(select(actions).where(actions.c.workspace_id == row.id))
    }
    return Live(row.id, row.revision, row.hold_ms, index, rules, row.link_secrets, ZoneInfo(row.timezone))


def _meanings(connection: Connection, workspace_id: int) -> dict[str, Condition]:
    """What each segment says; one that this release cannot read is left out, and with it what names it."""
    rows = connection.execute(select(segments).where(segments.c.workspace_id == workspace_id)).all()
    read = [entries.parse(row.document, at=f"segment {row.key}", problems=[]) for row in rows]
    return entries.resolved({segment.key: segment for segment in read if segment is not None})


def _campaign(row: Any, workspace_id: int, meanings: Mapping[str, Condition]) -> LiveCampaign | None:
    """None for a document that this release cannot read: it must not stop the others."""
    problems: list[Problem] = []
    rule = kinds.parse(row.document, at=f"campaign {row.id}", problems=problems)
    if rule is None:
        why = "; ".join(f"{p.path}: {p.code}" for p in problems)
        _log.error("campaign is left out: apply it again", campaign=row.id, version=row.version, why=why)
        return None
    unknown = sorted({key for _, key in rule.where.segments("")} - set(meanings))
    if unknown:
        _log.error("campaign is left out: there is no such segment", campaign=row.id, segments=unknown)
        return None
    rule = replace(rule, where=rule.where.resolved(meanings))
    return LiveCampaign(row.id, row.version, workspace_id, rule, conditions.compile(rule.where))
