"""What a workspace has, as a document: applying it changes nothing."""

from __future__ import annotations

from sqlalchemy import Connection

from cueline.campaigns.spec import Document
from cueline.publishing.current import load


def export(connection: Connection, workspace_id: int) -> Document:
    """Actions added by hand (by name), templates, segments and campaigns (in the order they came); nothing archived."""
    return load(connection, workspace_id).document
