"""Templates, to read: `publishing` writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from cueline.store.tables import templates

TRANSACTIONAL: Final = "transactional"


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    """One row of `templates`; `document` is the entry of the campaign document, defaults not filled in."""

    id: int
    workspace_id: int
    key: str
    channel: str
    version: int
    document: Mapping[str, Any]
    updated_ms: int


def find(connection: Connection, workspace_id: int, *, key: str) -> StoredTemplate | None:
    query = select(templates).where(templates.c.workspace_id == workspace_id, templates.c.key == key)
    row = connection.execute(query).one_or_none()
    return None if row is None else _template(row)


def all_(connection: Connection, workspace_id: int) -> list[StoredTemplate]:
    """By key."""
    query = select(templates).where(templates.c.workspace_id == workspace_id).order_by(templates.c.key)
    return [_template(row) for row in connection.execute(query)]


def repeats_after_crash(document: Mapping[str, Any]) -> bool:
    """Whether a mail that crashed between send and record is sent again.

    As the template says; unsaid, a transactional one is repeated and any other is not.
    """
    said = document.get("repeat_after_crash")
    return bool(said) if said is not None else document.get("category") == TRANSACTIONAL


def _template(row: Row[Any]) -> StoredTemplate:
    return StoredTemplate(**row._mapping)
