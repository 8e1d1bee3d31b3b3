"""The shapes of a timeline's items, one for each kind."""

from __future__ import annotations

from typing import Any, Final

from apispec import APISpec
from marshmallow import INCLUDE, Schema, fields, validate

from cueline.api.events import EventSchema
from cueline.api.fields import At, Id, choice
from cueline.store.deliveries import STATES


def _kind(name: str) -> fields.String:
    return fields.String(required=True, validate=validate.Equal(name), metadata={"enum": [name]})


class EventItemSchema(EventSchema):
    """Something that happened to the user."""

    kind = _kind("event")


class EntryItemSchema(Schema):
    """The user entered a campaign."""

    kind = _kind("entry")
    at = At("at_ms")
    campaign = fields.String(required=True)
    version = fields.Integer(required=True, metadata={"description": "Of the campaign"})
    run_id = Id(required=True)
    entry_key = fields.String(required=True, metadata={"description": "Each one enters once"})
    state = fields.String(required=True)
    event_id = Id(required=True)
    event_eid = fields.String(required=True, allow_none=True, metadata={"description": "The event that started it"})
    event_action = fields.String(required=True, allow_none=True)


class EffectItemSchema(Schema):
    """What the campaign did; beside these fields those of its effect, such as `amount` and `currency` of points."""

    class Meta:
        unknown = INCLUDE

    kind = _kind("effect")
    at = At("at_ms")
    campaign = fields.String(required=True)
    version = fields.Integer(required=True)
    run_id = Id(required=True)
    effect = fields.String(required=True, metadata={"description": "points, tag, set, send", "example": "points"})


class DeliveryItemSchema(Schema):
    """What left the house for the user, or why it did not."""

    kind = _kind("delivery")
    id = Id(required=True)
    at = At("at_ms")
    closed_at = At("closed_ms", allow_none=True)
    campaign = fields.String(required=True)
    run_id = Id(required=True)
    template = fields.String(required=True)
    channel = fields.String(required=True)
    state = choice(STATES, required=True)
    reason = fields.String(required=True, allow_none=True)
    to = fields.String(required=True, allow_none=True)
    subject = fields.String(required=True, allow_none=True)


SHAPES: Final[dict[str, type[Schema]]] = {
    "event": EventItemSchema,
    "entry": EntryItemSchema,
    "effect": EffectItemSchema,
    "delivery": DeliveryItemSchema,
}
_NAMES: Final = {kind: f"Timeline{kind.title()}" for kind in SHAPES}


class TimelineItem(fields.Field[Any]):
    """Dumped with the schema of its kind."""

    def __init__(self, **more: Any) -> None:
        refs = [{"$ref": f"#/components/schemas/{name}"} for name in _NAMES.values()]
        super().__init__(metadata={"oneOf": refs}, **more)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> Any:
        shape = SHAPES[value["kind"]]()
        return _own_fields(value, shape) | dict(shape.dump(value))


def _own_fields(value: dict[str, Any], shape: Schema) -> dict[str, Any]:
    """An effect's own fields, as its step was written; the other kinds have none."""
    if value["kind"] != "effect":
        return {}
    known = {name for field_name, field in shape.fields.items() for name in (field_name, field.attribute)}
    return {name: item for name, item in value.items() if name not in known}


def describe(spec: APISpec) -> None:
    for kind, shape in SHAPES.items():
        spec.components.schema(_NAMES[kind], schema=shape)
