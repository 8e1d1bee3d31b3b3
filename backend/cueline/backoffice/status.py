"""The status page at `/`: what came in, what it did, live."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Flask, Response, current_app, jsonify, make_response, redirect, render_template, request
from sqlalchemy import Engine

from cueline.backoffice import feed
from cueline.backoffice.gate import COOKIE, Gate, LoginNeeded
from cueline.backoffice.looks import Looks
from cueline.config import Settings
from cueline.errors import HttpError
from cueline.logs import Log
from cueline.store import deliveries
from cueline.store.keys import Access
from cueline.store.session import reading

_log = Log(__name__)

_EXTENSION: Final = "cueline-status"
_PAGE_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# The mail has a policy of its own, as a page of its own: nothing runs, nothing is fetched, links open elsewhere.
_MAIL_CSP: Final = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; form-action 'none'; frame-ancestors 'self'"
)

blueprint = Blueprint("status", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class StatusPage:
    """What the page needs. `find_key`: `AccessBook.find`."""

    settings: Settings
    engine: Engine
    find_key: Callable[[str], Access]
    looks: Looks

    @property
    def gate(self) -> Gate:
        return Gate(self.settings, self.engine)


def register(app: Flask, page: StatusPage) -> None:
    app.extensions[_EXTENSION] = page
    app.register_blueprint(blueprint)


@blueprint.get("/")
def show_page() -> Response:
    page = _page()
    try:
        viewer = page.gate.viewer()
    except LoginNeeded:
        return _login_form(401 if request.cookies.get(COOKIE) else 200)
    except HttpError as error:
        return _html("refused.html", status=error.status, message=error.message)
    return _html("status.html", viewer=viewer, address=page.settings.address())


@blueprint.get("/status/feed")
def show_feed() -> Response:
    """Everything the page shows. Asked with the ETag of the last answer: 304 while nothing has changed."""
    page = _page()
    viewer = _viewer(page)
    response = jsonify(feed.snapshot(page.looks, page.engine, viewer.workspace_id))
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
    response.headers["Cache-Control"] = "no-store"
    response.make_conditional(request)
    return response


@blueprint.get("/status/mails/<int:delivery_id>")
def show_mail(delivery_id: int) -> Response:
    """One mail as it was rendered, for the sandboxed frame."""
    page = _page()
    viewer = _viewer(page)
    with reading(page.engine) as connection:
        found = deliveries.find(connection, viewer.workspace_id, min(delivery_id, 2**63 - 1))
    if found is None:
        raise HttpError(404, "not_found", f"There is no mail {delivery_id}.")
    response = _html("mail.html", mail=found)
    response.headers["Content-Security-Policy"] = _MAIL_CSP
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@blueprint.get("/status/dead-letters/<int:letter_id>")
def show_letter(letter_id: int) -> Response:
    """One dead letter with its event, secret values masked."""
    page = _page()
    viewer = _viewer(page)
    with reading(page.engine) as connection:
        response = jsonify(feed.letter(connection, viewer.workspace_id, min(letter_id, 2**63 - 1)))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/login")
def log_in() -> Response:
    page = _page()
    if not page.gate.takes_keys:
        raise HttpError(404, "not_found", "The status page takes no keys here.")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return _login_form(403, "This form was sent from another site.")
    response = make_response(redirect("/", 303))
    try:
        page.gate.let_in(response, page.find_key(request.form.get("key", "").strip()))
    except HttpError as error:
        _log.often("login refused", status=error.status, code=error.code)
        return _login_form(error.status, error.message)
    _log.info("login")
    return response


@blueprint.post("/logout")
def log_out() -> Response:
    response = make_response(redirect("/", 303))
    response.delete_cookie(COOKIE, httponly=True, samesite="Strict")
    return response


def _page() -> StatusPage:
    page: StatusPage = current_app.extensions[_EXTENSION]
    return page


def _viewer(page: StatusPage) -> Any:
    try:
        return page.gate.viewer()
    except LoginNeeded as error:
        raise HttpError(401, "unauthorized", "Log in at / first.") from error


def _login_form(status: int, message: str = "") -> Response:
    return _html("login.html", status=status, message=message)


def _html(template: str, *, status: int = 200, **values: Any) -> Response:
    response = make_response(render_template(f"backoffice/{template}", **values), status)
    response.headers["Content-Security-Policy"] = _PAGE_CSP
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
