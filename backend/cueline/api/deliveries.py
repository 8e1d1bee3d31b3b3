"""`/api/v1/deliveries`: what left the house, or why it did not."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from cueline.api.auth import READ, access
from cueline.api.blueprint import Resource
from cueline.api.fields import At, Id, choice, text
from cueline.api.paging import CursorQuery, page, page_schema
from cueline.api.services import current
from cueline.store import deliveries
from cueline.store.session import reading

blueprint = Resource("deliveries", "What left the house")


class DeliveryQuery(CursorQuery):
    user = text(metadata={"description": "The shop's own id of the user"})
    state = choice(deliveries.STATES)


class DeliverySchema(Schema):
    id = Id(required=True)
    user_ext_id = fields.String(required=True)
    campaign = fields.String(required=True)
    template = fields.String(required=True)
    channel = fields.String(required=True)
    state = choice(deliveries.STATES, required=True)
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Why it has that state"})
    to = fields.String(required=True, allow_none=True)
    subject = fields.String(required=True, allow_none=True)
    html = fields.String(required=True, allow_none=True, metadata={"description": "As sent, secrets included"})
    text = fields.String(required=True, allow_none=True)
    attempts = fields.Integer(required=True)
    event_id = Id(required=True, metadata={"description": "The event that its template saw"})
    run_id = Id(required=True)
    created_at = At("created_ms")
    closed_at = At("closed_ms", allow_none=True)


@blueprint.route("/deliveries", methods=["GET"])
@blueprint.arguments(DeliveryQuery, location="query")
@blueprint.response(200, page_schema("DeliveryPage", DeliverySchema))
@blueprint.needs(READ)
def list_deliveries(query: dict[str, Any]) -> Any:
    """Mails, newest first

    `kept`: rendered, and not sent because no mail server is set. `skipped` has its reason, such as `no_address`.
    """
    with reading(current().engine) as connection:
        rows = deliveries.page(
            connection,
            access().workspace_id,
            user=query.get("user"),
            state=query.get("state"),
            before=query.get("cursor"),
            limit=query["limit"] + 1,
        )
    return page(rows, query["limit"], lambda row: row.id)
