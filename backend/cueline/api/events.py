"""`/api/v1/events`: report what happened, and read what became of it."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import Schema, fields
from werkzeug.exceptions import UnsupportedMediaType

from cueline.api import examples, wire
from cueline.api.auth import EVENTS_WRITE, READ, access
from cueline.api.blueprint import Resource
from cueline.api.fields import At, Id, choice, text
from cueline.api.paging import CursorQuery, page, page_schema
from cueline.api.services import current
from cueline.events import SOURCES, STATUSES
from cueline.store import events
from cueline.store.session import reading

blueprint = Resource("events", "What happened")


class EventQuery(CursorQuery):
    user = text(metadata={"description": "The shop's own id of the user"})
    visitor = text(metadata={"description": "A browser's visitor_id"})
    action = text(most=100, metadata={"description": "Name of a client action"})
    status = choice(STATUSES)
    type = text(metadata={"description": "Such as `client_action`, `deep_link`, `login`"})


class EventSchema(Schema):
    id = Id(required=True)
    eid = fields.String(required=True, metadata={"description": "The sender's own id of the event"})
    type = fields.String(required=True)
    action = fields.String(required=True, allow_none=True, metadata={"description": "Name of the client action"})
    verb = fields.String(required=True, allow_none=True, metadata={"description": "Of a decoded deep link"})
    link = fields.String(required=True, allow_none=True, metadata={"description": "The deep link as it came"})
    payload = fields.Dict(required=True, metadata={"description": "Secret values are masked: •••"})
    source = choice(SOURCES, required=True)
    status = choice(STATUSES, required=True)
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Why it has that status"})
    user_ext_id = fields.String(required=True, allow_none=True)
    visitor_id = fields.String(required=True, allow_none=True)
    verified = fields.Boolean(required=True, metadata={"description": "Whether it was proven who the user is"})
    context = fields.Dict(required=True, metadata={"description": "url, referrer, title, language, timezone, sdk"})
    matches = fields.List(
        fields.Dict(), required=True, metadata={"description": "What each campaign with its trigger said, and why"}
    )
    at = At("at_ms")
    received_at = At("received_ms")
    decided_at = At("decided_ms", allow_none=True)


class EventFaultSchema(Schema):
    """What is wrong with an event."""

    code = fields.String(required=True)
    message = fields.String(required=True)
    field = fields.String(required=True, allow_none=True)


class AcceptedSchema(Schema):
    accepted = fields.Integer(required=True, metadata={"description": "Stored in Redis, or on their way twice"})
    duplicates = fields.Integer(required=True, metadata={"description": "Eids that stand twice in this request"})
    errors = fields.Dict(
        values=fields.List(fields.Nested(EventFaultSchema)),
        required=True,
        metadata={"description": "By eid (`#<index>` where an entry has none): what is wrong with it"},
    )
    ignored = fields.List(fields.String(), metadata={"description": "Names of fields that are not known here"})


@blueprint.route("/events", methods=["POST"])
@blueprint.response(202, AcceptedSchema, example=examples.ACCEPTED)
@blueprint.needs(EVENTS_WRITE, 415, 429)
@blueprint.doc(requestBody=wire.EVENTS_BODY)
def report_events() -> Any:
    """Report one event or up to 1,000

    202 means: in Redis. Repeating a request is harmless, as each eid counts once. Entries that are wrong stand in
    `errors`; the others are taken.
    """
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send the header `Content-Type: application/json`.")
    return current().submit(access(), request.get_data())


@blueprint.route("/events", methods=["GET"])
@blueprint.arguments(EventQuery, location="query")
@blueprint.response(200, page_schema("EventPage", EventSchema))
@blueprint.needs(READ)
def list_events(query: dict[str, Any]) -> Any:
    """Events, newest first

    Each with its status (`held`, `matched`, `unmatched`, `refused`, `expired`, `dead`) and the reason for it.
    """
    wanted = events.EventFilter(**{name: query.get(name) for name in ("user", "visitor", "action", "status", "type")})
    with reading(current().engine) as connection:
        rows = events.page(
            connection, access().workspace_id, wanted, limit=query["limit"] + 1, before=query.get("cursor")
        )
    return page(rows, query["limit"], lambda row: row["id"])
