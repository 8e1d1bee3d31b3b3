"""The OpenAPI 3.1 document at `/api/openapi.json`, and the page to try it at `/api/docs`, its assets our own."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Flask, Response, make_response, render_template
from flask_smorest import Api
from werkzeug.exceptions import HTTPException

import cueline
from cueline.api import collect, document, refusals, timeline
from cueline.api.auth import SCHEME
from cueline.api.errors import ErrorSchema, http_exception

DESCRIPTION: Final = """\
Report what users do from your servers, and read what came of it.

Every request carries a secret key: `Authorization: Bearer sk_…`. Lists are `{"items": […], "next": …}`: give `next`
back as `cursor` for the page that follows. Every error is `{"code", "message", "errors"?}`; programs look at `code`.
Ids are text, as they exceed what JavaScript's numbers hold. Times are ISO 8601 in UTC.
"""
_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)

docs = Blueprint("api_docs_page", __name__, template_folder="templates")


class CuelineApi(Api):  # type: ignore[misc]
    """flask-smorest with our error body."""

    ERROR_SCHEMA = ErrorSchema

    def handle_http_exception(self, error: HTTPException) -> Any:
        return http_exception(error)


def create(app: Flask) -> CuelineApi:
    """The API object that resources are registered with."""
    app.config.update(
        API_TITLE="Cueline",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": DESCRIPTION, "x-release": cueline.__version__, "license": _LICENSE},
            # Relative to the document: right behind any proxy.
            "servers": [{"url": "/", "description": "This Cueline"}],
            "security": [{SCHEME: []}],
        },
    )
    api = CuelineApi(app)
    api.spec.components.security_scheme(
        SCHEME, {"type": "http", "scheme": "bearer", "description": "A secret key, `sk_…`: `cueline keys create`"}
    )
    for part in (refusals, timeline, document, collect):
        part.describe(api.spec)
    app.register_blueprint(docs)
    return api


@docs.get("/api/docs")
def show_docs() -> Response:
    response = make_response(render_template("api/docs.html"))
    response.headers["Content-Security-Policy"] = _CSP
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


_LICENSE: Final = {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}
