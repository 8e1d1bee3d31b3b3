"""`/api/v1/actions`: the registry of client actions."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy import Connection

from cueline.api import examples
from cueline.api.auth import ACTIONS_WRITE, READ, access
from cueline.api.blueprint import Resource
from cueline.api.fields import NEXT, At, check_path, check_storable, choice, text
from cueline.api.paging import PageQuery, page, page_schema
from cueline.api.patterns import FIELD, LINE, STORABLE
from cueline.api.services import current
from cueline.campaigns import document
from cueline.campaigns.actions import MAX_SECRETS
from cueline.campaigns.diff import CREATED
from cueline.errors import HttpError
from cueline.events import SOURCES
from cueline.publishing import registry
from cueline.store import actions
from cueline.store.session import reading, writing

blueprint = Resource("actions", "Every client action that was seen, or added by hand")


class ActionQuery(PageQuery):
    cursor = text(most=100, metadata={"description": NEXT})


class NewActionSchema(Schema):
    """What a person says of an action. Left out: unchanged, on a new one the default."""

    name = text(most=100, required=True, metadata={"pattern": LINE})
    sources = fields.List(
        choice(SOURCES),
        allow_none=True,
        metadata={
            "description": "Which sources may send it; null: every source. Others are stored as `refused`",
            "minItems": 1,
            "maxItems": len(SOURCES),
        },
    )
    secret = fields.List(
        text(most=200, metadata={"pattern": FIELD}),
        metadata={"description": "Paths of payload values that are masked wherever shown", "maxItems": MAX_SECRETS},
    )
    description = fields.String(
        validate=[validate.Length(max=1_000), check_storable],
        metadata={"description": "For people", "pattern": STORABLE},
    )


class ActionSchema(Schema):
    name = fields.String(required=True)
    sources = fields.List(fields.String(), required=True, allow_none=True, metadata={"description": "null: every one"})
    secret = fields.List(fields.String(), required=True)
    description = fields.String(required=True)
    count = fields.Integer(required=True)
    first_seen_at = At("first_seen_ms", allow_none=True)
    last_seen_at = At("last_seen_ms", allow_none=True)
    fields_ = fields.Dict(
        required=True,
        data_key="fields",
        attribute="fields",
        metadata={"description": "Payload paths and the types seen there", "example": {"amount": ["number"]}},
    )


@blueprint.route("/actions", methods=["GET"])
@blueprint.arguments(ActionQuery, location="query")
@blueprint.response(200, page_schema("ActionPage", ActionSchema))
@blueprint.needs(READ)
def list_actions(query: dict[str, Any]) -> Any:
    """The registry, by name"""
    with reading(current().engine) as connection:
        rows = actions.page(connection, access().workspace_id, limit=query["limit"] + 1, after=query.get("cursor"))
    return page(rows, query["limit"], lambda row: row.name)


@blueprint.route("/actions", methods=["POST"])
@blueprint.arguments(NewActionSchema, example=examples.ACTION)
@blueprint.response(200, ActionSchema, description="It was known and is changed")
@blueprint.alt_response(201, schema=ActionSchema, description="It is new", success=True)
@blueprint.needs(ACTIONS_WRITE, 415, 422)
def add_action(action: dict[str, Any]) -> Any:
    """Add an action by hand, or say more about a known one"""
    services, workspace_id = current(), access().workspace_id
    with writing(services.engine) as connection:
        wanted = document.action_of(_known(connection, workspace_id, action["name"]) | action)
        change = registry.add_action(connection, workspace_id, wanted, now_ms=services.clock.now_ms())
        row = actions.by_name(connection, workspace_id, action["name"])
    return row, 201 if change.what == CREATED else 200


def _known(connection: Connection, workspace_id: int, name: str) -> dict[str, Any]:
    """What was said of it so far: what the request leaves out stays."""
    row = actions.by_name(connection, workspace_id, name)
    if row is None:
        return {}
    return {"sources": row.sources, "secret": row.secret, "description": row.description}


@blueprint.route("/actions/<action:name>", methods=["GET"], merge_slashes=False)
@blueprint.response(200, ActionSchema)
@blueprint.needs(READ, 404)
def show_action(name: str) -> Any:
    """One action"""
    check_path("name", name)
    with reading(current().engine) as connection:
        row = actions.by_name(connection, access().workspace_id, name)
    if row is None:
        raise HttpError(404, "not_found", f"No action {name!r} was seen or added.")
    return row
