"""`cueline link make --sign`: the one thing about links that needs the SQL database, for the secret is there."""

from __future__ import annotations

import secrets

from cueline.cli.stores import database, settings_for, the_workspace
from cueline.clock import SystemClock
from cueline.deeplinks import sign
from cueline.store.session import reading
from cueline.store.workspaces import newest_kid


def signed(link: str, *, expires_ms: int | None, once: bool) -> str:
    """The link, signed with the workspace's newest link secret."""
    with database(settings_for()) as engine, reading(engine) as connection:
        workspace = the_workspace(connection)
    kid = newest_kid(workspace.link_secrets)
    return sign(
        link,
        workspace_id=workspace.id,
        secret=workspace.link_secrets[kid],
        kid=kid,
        exp_s=None if expires_ms is None else (SystemClock().now_ms() + expires_ms) // 1000,
        nonce=secrets.token_urlsafe(12) if once else None,
    )
