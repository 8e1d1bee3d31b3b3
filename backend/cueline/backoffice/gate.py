"""Who may see the status page: nobody, this machine, or whoever has a secret key."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from flask import Response, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Engine

from cueline.config import Settings
from cueline.errors import HttpError
from cueline.store import installation, keys, workspaces
from cueline.store.session import reading

COOKIE: Final = "cueline_status"
COOKIE_LIFE_S: Final = 12 * 3600
_READS: Final = frozenset({"*", "read"})


class LoginNeeded(Exception):
    """The page wants a secret key first."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose data is shown."""

    workspace_id: int
    workspace: str
    may_log_out: bool


class Gate:
    """`viewer()` gives who looks at the page, or raises: LoginNeeded, HttpError."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine

    def viewer(self) -> Viewer:
        if self._settings.status_page == "off":
            raise HttpError(404, "not_found", "The status page is off (CUELINE_STATUS_PAGE=off).")
        if self._settings.status_page == "open":
            return self._neighbour()
        return self._key_holder()

    @property
    def takes_keys(self) -> bool:
        return self._settings.status_page == "key"

    def let_in(self, response: Response, access: keys.Access) -> None:
        """The cookie names the key, never holds it."""
        if access.kind != keys.SECRET or not _READS & set(access.scopes):
            raise HttpError(403, "missing_scope", "This page takes a secret key (sk_…) with the scope read.")
        response.set_cookie(
            COOKIE,
            self._signer().dumps({"key": access.lookup, "workspace": access.workspace_id}),
            max_age=COOKIE_LIFE_S,
            httponly=True,
            samesite="Strict",
            secure=request.is_secure or self._settings.address().startswith("https:"),
        )

    def _neighbour(self) -> Viewer:
        """Open: for names of this machine only, so that no page can get in by a name of its own (DNS rebinding)."""
        host = _host_name(request.host)
        if not _is_loopback(host) and host != urlsplit(self._settings.address()).hostname:
            message = (
                f"The open status page answers to names of this machine only, not to {host!r}. "
                "Set CUELINE_PUBLIC_URL to this address, or CUELINE_STATUS_PAGE=key."
            )
            raise HttpError(403, "foreign_host", message)
        with reading(self._engine) as connection:
            workspace = workspaces.first(connection)
        if workspace is None:
            raise HttpError(404, "no_workspace", "There is no workspace yet: `cueline up` or `cueline keys create`.")
        return Viewer(workspace.id, workspace.name, may_log_out=False)

    def _key_holder(self) -> Viewer:
        """Looked up each time, so that a revoked key ends its cookies."""
        lookup = self._cookie_key()
        with reading(self._engine) as connection:
            access = keys.access(connection, lookup)
            workspace = workspaces.by_id(connection, access.workspace_id) if access else None
        if access is None or workspace is None or not _READS & set(access.scopes):
            raise LoginNeeded
        return Viewer(workspace.id, workspace.name, may_log_out=True)

    def _cookie_key(self) -> str:
        cookie = request.cookies.get(COOKIE)
        if not cookie:
            raise LoginNeeded
        try:
            lookup: str = self._signer().loads(cookie, max_age=COOKIE_LIFE_S)["key"]
        except BadSignature as error:
            raise LoginNeeded from error
        return lookup

    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(installation.cookie_secret(self._engine), salt="cueline-status-page")


def _host_name(host: str) -> str:
    """`[::1]:8000` -> `::1`; what cannot be read is nobody's name."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
