"""Lists: `{"items": […], "next": cursor or null}`, by keyset, so that rows added meanwhile move nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from marshmallow import Schema, fields, validate

from cueline.api.fields import Before

Row = TypeVar("Row")


class PageQuery(Schema):
    """What every list takes."""

    limit = fields.Integer(
        load_default=50, validate=validate.Range(1, 200), metadata={"description": "Items in a page"}
    )


class CursorQuery(PageQuery):
    """Of lists that go by id, newest first. `before` says the same as `cursor`."""

    cursor = Before()


def page_schema(name: str, item: type[Schema] | fields.Field[Any]) -> type[Schema]:
    """The schema of a page of such items."""
    inner = item if isinstance(item, fields.Field) else fields.Nested(item)
    next_ = fields.String(
        required=True, allow_none=True, metadata={"description": "`cursor` of the next page; null at the end"}
    )
    return Schema.from_dict({"items": fields.List(inner, required=True), "next": next_}, name=name)


def page(rows: Sequence[Row], limit: int, cursor: Callable[[Row], Any]) -> dict[str, Any]:
    """Of `limit` + 1 rows that were asked for, those to show; one more means that there is a next page."""
    shown = list(rows[:limit])
    more = len(rows) > limit
    return {"items": shown, "next": str(cursor(shown[-1])) if more else None}
