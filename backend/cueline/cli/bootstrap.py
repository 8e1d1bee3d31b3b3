"""The first workspace and its keys: made by `cueline up` and by `cueline db upgrade` where there is none yet."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from cueline.config import Settings
from cueline.errors import ConfigError, CuelineError
from cueline.store import keys, workspaces
from cueline.store.keys import Kind
from cueline.store.workspaces import Workspace

SECRET_KEY_FILE: Final = "secret-key"
NAME: Final = "default"


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """`secret_key` None: it was shown when it was made, and nobody kept it. `write_key` None: all are revoked."""

    workspace: Workspace
    write_key: str | None
    secret_key: str | None
    is_first: bool


def ensure_workspace(
    connection: Connection, settings: Settings, *, now_ms: int, kept: str | None = None
) -> Bootstrapped:
    """The first workspace with the preset keys, or random ones; one that is there only gets preset keys it lacks.

    `kept`: the secret key that an earlier `up` wrote down.
    """
    workspaces.hold_still(connection)
    found = workspaces.first(connection)
    if found is None:
        return _first(connection, settings, now_ms=now_ms, kept=kept)
    write = _preset(connection, found.id, kind=keys.WRITE, now_ms=now_ms, preset=settings.bootstrap_write_key)
    secret = _preset(connection, found.id, kind=keys.SECRET, now_ms=now_ms, preset=settings.bootstrap_secret_key)
    return Bootstrapped(
        found,
        write or keys.oldest_write_key(connection, found.id),
        secret or _if_active(connection, found.id, kept),
        is_first=False,
    )


def _first(connection: Connection, settings: Settings, *, now_ms: int, kept: str | None) -> Bootstrapped:
    made = workspaces.create(connection, name=NAME, now_ms=now_ms, identity_mode="off", origins=["*"])
    write = _create(connection, made.id, kind=keys.WRITE, now_ms=now_ms, preset=settings.bootstrap_write_key or None)
    wanted = settings.bootstrap_secret_key or kept
    secret = _create(connection, made.id, kind=keys.SECRET, now_ms=now_ms, preset=wanted or None)
    return Bootstrapped(made, write, secret, is_first=True)


def _create(connection: Connection, workspace_id: int, *, kind: Kind, now_ms: int, preset: str | None) -> str:
    try:
        _, plain = keys.create(connection, workspace_id, kind=kind, name="bootstrap", now_ms=now_ms, key=preset)
    except CuelineError as error:
        raise ConfigError(f"{_variable(kind)}: {error.message}") from error
    return plain


def _preset(connection: Connection, workspace_id: int, *, kind: Kind, now_ms: int, preset: str) -> str | None:
    """Adds a preset key where it is missing; None where nothing is preset."""
    if not preset:
        return None
    if keys.by_plain(connection, preset) is None:
        return _create(connection, workspace_id, kind=kind, now_ms=now_ms, preset=preset)
    if _if_active(connection, workspace_id, preset) is None:
        raise ConfigError(f"{_variable(kind)} is a key that was revoked or belongs to another workspace. Set another.")
    return preset


def _variable(kind: Kind) -> str:
    return f"CUELINE_BOOTSTRAP_{kind.upper()}_KEY"


def _if_active(connection: Connection, workspace_id: int, key: str | None) -> str | None:
    row = keys.by_plain(connection, key) if key else None
    return key if row and row.revoked_ms is None and row.workspace_id == workspace_id else None


def kept_secret_key(data: Path) -> str | None:
    """The secret key that an earlier `up` on this data directory made."""
    try:
        return (data / SECRET_KEY_FILE).read_text().strip() or None
    except FileNotFoundError:
        return None


def keep_secret_key(data: Path, key: str) -> None:
    """Readable by its owner alone; the database has only the hash."""
    file = os.open(data / SECRET_KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w") as opened:
        opened.write(key + "\n")
