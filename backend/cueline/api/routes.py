"""Puts the API into an app."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request
from flask_cors import CORS
from werkzeug.routing import BaseConverter

from cueline.api import actions, campaigns, dead_letters, deliveries, errors, events, openapi, users
from cueline.api.patterns import STORABLE
from cueline.api.services import Services, attach, current

BLUEPRINTS = (
    events.blueprint,
    users.blueprint,
    actions.blueprint,
    campaigns.blueprint,
    deliveries.blueprint,
    dead_letters.blueprint,
)
PUBLIC = (r"/api/openapi\.json", r"/v1/cueline\.js")


class AnyText(BaseConverter):
    """The shop's own ids and names: any character, also a slash, also first."""

    regex = r"[\s\S]+?"
    part_isolating = False


def register(app: Flask, services: Services) -> None:
    """REST below `/api/v1`, its document, the page to try it, and the error bodies of the whole app."""
    attach(app, services)
    app.url_map.converters["user_id"] = AnyText
    app.url_map.converters["action"] = AnyText
    errors.register(app)
    api = openapi.create(app)
    api.register_converter(AnyText, lambda _: {"type": "string", "minLength": 1, "pattern": STORABLE})
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    # A secret key has no business in a page, so the API itself answers no other origin. What is public may be
    # read from anywhere: the document (by API tools), the snippet (by pages that load it with `integrity`).
    CORS(app, resources=list(PUBLIC), send_wildcard=True)
    app.after_request(_count)


def _count(response: Response) -> Any:
    if request.path.startswith("/api/v1/"):
        current().stats.count("api_requests_total", status=str(response.status_code))
    return response
