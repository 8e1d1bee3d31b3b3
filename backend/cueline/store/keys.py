"""Keys: who may report events (`wk_…`, public) and who may use the REST API (`sk_…`, stored hashed)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, Row, Select, insert, select, update

from cueline.errors import CuelineError, NotFound
from cueline.store.tables import keys, workspaces

WRITE: Final = "write"
SECRET: Final = "secret"
PREFIXES: Final = {WRITE: "wk_", SECRET: "sk_"}
_SHOWN_LENGTH = 7

Kind = Literal["write", "secret"]


class Access(msgspec.Struct, frozen=True):
    """What a door must know about a key and its workspace; also the JSON value of the mirror in Redis."""

    lookup: str
    kind: Kind
    workspace_id: int
    scopes: tuple[str, ...]
    origins: tuple[str, ...]
    identity_mode: str
    identity_secret: str
    rates: dict[str, int] | None
    hold_ms: int


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One row of `keys`. `shown` is what lists may show: a write key whole, of a secret key the beginning."""

    id: int
    workspace_id: int
    kind: Kind
    lookup: str
    shown: str
    name: str
    scopes: tuple[str, ...]
    created_ms: int
    revoked_ms: int | None


def lookup_of(key: str) -> str:
    """Under which a key is stored: a write key as it is, any other as hex SHA-256."""
    if key.startswith(PREFIXES[WRITE]):
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def create(
    connection: Connection,
    workspace_id: int,
    *,
    kind: Kind,
    name: str,
    now_ms: int,
    scopes: Sequence[str] = ("*",),
    key: str | None = None,
) -> tuple[KeyRow, str]:
    """The stored row and the plain key, which is known only here and now. `key` presets it."""
    plain = PREFIXES[kind] + secrets.token_urlsafe(24) if key is None else key
    _check_free(connection, kind, plain)
    values = {
        "workspace_id": workspace_id,
        "kind": kind,
        "lookup": lookup_of(plain),
        "shown": _shown(kind, plain),
        "name": name,
        "scopes": list(scopes),
        "created_ms": now_ms,
    }
    row = connection.execute(insert(keys).values(values).returning(keys)).one()
    return _key(row), plain


def _check_free(connection: Connection, kind: Kind, plain: str) -> None:
    prefix = PREFIXES[kind]
    if not plain.startswith(prefix) or not plain[len(prefix) :].isascii() or not plain[len(prefix) :].strip():
        raise CuelineError(f"A {kind} key starts with {prefix} and goes on in ASCII, such as {prefix}my-key.")
    taken = connection.execute(select(keys.c.revoked_ms).where(keys.c.lookup == lookup_of(plain))).one_or_none()
    if taken is not None:
        state = "in use" if taken.revoked_ms is None else "revoked; a revoked key never comes back"
        raise CuelineError(f"The key {_shown(kind, plain)} is already {state}. Choose another.")


def _shown(kind: Kind, plain: str) -> str:
    if kind == WRITE:
        return plain
    # Of a short preset key even seven characters would be most of it.
    length = _SHOWN_LENGTH if len(plain) >= 3 * _SHOWN_LENGTH else len(PREFIXES[SECRET])
    return plain[:length] + "…"


def list_(connection: Connection, workspace_id: int) -> list[KeyRow]:
    """Revoked ones too, oldest first."""
    query = select(keys).where(keys.c.workspace_id == workspace_id).order_by(keys.c.id)
    return [_key(row) for row in connection.execute(query)]


def by_plain(connection: Connection, key: str) -> KeyRow | None:
    """The row of a plain key, also when it is revoked."""
    row = connection.execute(select(keys).where(keys.c.lookup == lookup_of(key))).one_or_none()
    return None if row is None else _key(row)


def by_lookup(connection: Connection, lookup: str) -> KeyRow | None:
    """The row of a key that somebody holds, also when it is revoked."""
    row = connection.execute(select(keys).where(keys.c.lookup == lookup)).one_or_none()
    return None if row is None else _key(row)


def revoke(connection: Connection, id: int, *, now_ms: int) -> KeyRow:
    """Revoked for good. A second time changes nothing."""
    fresh = (keys.c.id == id) & keys.c.revoked_ms.is_(None)
    connection.execute(update(keys).where(fresh).values(revoked_ms=now_ms))
    row = connection.execute(select(keys).where(keys.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no key {id}. `cueline keys list` shows those there are.")
    return _key(row)


def access_rows(connection: Connection) -> list[Access]:
    """Every key that is not revoked, with its workspace."""
    return [_access(row) for row in connection.execute(_access_query())]


def oldest_write_key(connection: Connection, workspace_id: int) -> str | None:
    """The one for the snippet, among those that are not revoked."""
    rows = list_(connection, workspace_id)
    return next((row.lookup for row in rows if row.kind == WRITE and row.revoked_ms is None), None)


def access(connection: Connection, lookup: str) -> Access | None:
    row = connection.execute(_access_query().where(keys.c.lookup == lookup)).one_or_none()
    return None if row is None else _access(row)


def _access_query() -> Select[Any]:
    columns = (
        keys.c.lookup,
        keys.c.kind,
        keys.c.workspace_id,
        keys.c.scopes,
        workspaces.c.origins,
        workspaces.c.identity_mode,
        workspaces.c.identity_secret,
        workspaces.c.rates,
        workspaces.c.hold_ms,
    )
    joined = keys.join(workspaces, keys.c.workspace_id == workspaces.c.id)
    return select(*columns).select_from(joined).where(keys.c.revoked_ms.is_(None)).order_by(keys.c.id)


def _access(row: Row[Any]) -> Access:
    # The mapping's keys are SQLAlchemy's own kind of str, which msgspec does not take.
    return msgspec.convert({str(name): value for name, value in row._mapping.items()}, Access)


def _key(row: Row[Any]) -> KeyRow:
    values = dict(row._mapping)
    return KeyRow(**(values | {"scopes": tuple(values["scopes"])}))
