"""`/api/v1/users`: what is known of a user, and his story."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields

from cueline.api.auth import READ, access
from cueline.api.blueprint import Resource
from cueline.api.fields import NEXT, At, check_path, read_id
from cueline.api.paging import PageQuery, page, page_schema
from cueline.api.patterns import PLACE
from cueline.api.services import current
from cueline.api.timeline import TimelineItem
from cueline.errors import HttpError
from cueline.store import timeline, users
from cueline.store.session import reading

blueprint = Resource("users", "Who it happened to")


class UserSchema(Schema):
    user_ext_id = fields.String(required=True, metadata={"description": "The shop's own id"})
    properties = fields.Dict(required=True)
    tags = fields.List(fields.String(), required=True)
    points = fields.Dict(required=True, metadata={"description": "By currency", "example": {"default": 10}})
    created_at = At("created_ms")
    last_seen_at = At("last_seen_ms")


class Place(fields.String):
    """A cursor of the timeline: `<id>.<position>`."""

    def __init__(self, **more: Any) -> None:
        super().__init__(metadata={"description": NEXT, "pattern": PLACE}, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        text = str(super()._deserialize(value, attr, data, **more))
        if not re.fullmatch(PLACE, text):
            raise ValidationError(f"{value!r} is no cursor: take `next` of the page before.")
        id_, _, position = text.partition(".")
        return timeline.Place(read_id(id_), int(position))


class TimelineQuery(PageQuery):
    cursor = Place()


@blueprint.route("/users/<user_id:user_ext_id>", methods=["GET"], merge_slashes=False)
@blueprint.response(200, UserSchema)
@blueprint.needs(READ, 404)
def show_user(user_ext_id: str) -> Any:
    """One user

    The id in the address is percent-encoded; it may hold any character, `/` included.
    """
    return _found(user_ext_id)


@blueprint.route("/users/<user_id:user_ext_id>/timeline", methods=["GET"], merge_slashes=False)
@blueprint.arguments(TimelineQuery, location="query")
@blueprint.response(200, page_schema("TimelinePage", TimelineItem(required=True)))
@blueprint.needs(READ, 404)
def show_timeline(query: dict[str, Any], user_ext_id: str) -> Any:
    """A user's story, newest first

    His events, the campaigns he entered (`entry`), what they did (`effect`), what was delivered (`delivery`).
    """
    user = _found(user_ext_id)
    with reading(current().engine) as connection:
        rows = timeline.page(
            connection, access().workspace_id, user.id, limit=query["limit"] + 1, before=query.get("cursor")
        )
    shown = page(rows, query["limit"], lambda row: f"{row[0].id}.{row[0].position}")
    return shown | {"items": [item for _, item in shown["items"]]}


def _found(user_ext_id: str) -> users.User:
    check_path("user_ext_id", user_ext_id)
    with reading(current().engine) as connection:
        user = users.by_ext_id(connection, access().workspace_id, user_ext_id)
    if user is None:
        raise HttpError(404, "not_found", f"No user {user_ext_id!r} was seen yet.")
    return user
