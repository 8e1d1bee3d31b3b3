"""Who asks, and may he: a secret key with the scope that the view requires."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import current_app, g, request

from cueline.api.services import current
from cueline.errors import HttpError
from cueline.store.keys import PREFIXES, SECRET, WRITE, Access

ALL: Final = "*"
EVENTS_WRITE: Final = "events:write"
READ: Final = "read"
CAMPAIGNS_WRITE: Final = "campaigns:write"
ACTIONS_WRITE: Final = "actions:write"
DEAD_LETTERS_WRITE: Final = "dead-letters:write"
SCOPES: Final = (ALL, EVENTS_WRITE, READ, CAMPAIGNS_WRITE, ACTIONS_WRITE, DEAD_LETTERS_WRITE)
SCHEME: Final = "secretKey"

View = TypeVar("View", bound=Callable[..., Any])


def requires(scope: str) -> Callable[[View], View]:
    """Marks a view with the scope that its key must have. Every view of the API carries one."""

    def mark(view: View) -> View:
        view.scope = scope  # type: ignore[attr-defined]
        return view

    return mark


def authenticate() -> None:
    """Before each view, and before its arguments are read."""
    found = current().access.find(_key())
    if found.kind != SECRET:
        raise _write_key()
    _check_scope(found, required_scope(request.endpoint or ""))
    g.access = found


def required_scope(endpoint: str) -> str:
    scope: str = vars(current_app.view_functions[endpoint])["scope"]
    return scope


def access() -> Access:
    """The rights of the key of this request."""
    found: Access = g.access
    return found


def _key() -> str:
    header = request.headers.get("Authorization", "").strip()
    scheme, _, rest = header.partition(" ")
    key = rest.strip() if scheme.lower() == "bearer" else header
    if not key:
        raise HttpError(401, "unauthorized", "No key: send the header `Authorization: Bearer sk_…`.")
    if key.startswith(PREFIXES[WRITE]):
        raise _write_key()
    return key


def _write_key() -> HttpError:
    message = (
        "This is a write key (wk_…): it is public and may only report events from pages, to POST /v1/collect. "
        "The REST API takes a secret key (sk_…); `cueline keys create` makes one."
    )
    return HttpError(403, "write_key", message)


def _check_scope(found: Access, scope: str) -> None:
    if ALL in found.scopes or scope in found.scopes:
        return
    has = ", ".join(found.scopes) or "none"
    raise HttpError(403, "missing_scope", f"This key lacks the scope {scope!r}; it has: {has}.")
