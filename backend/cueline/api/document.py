"""The campaign document's shape in the OpenAPI document. What its parts mean together only `PUT` can judge."""

from __future__ import annotations

from typing import Any, Final

from apispec import APISpec

from cueline.api.patterns import DURATION, FIELD, KEY, LINE, STORABLE, VERB
from cueline.campaigns import actions, rules, segments, templates
from cueline.campaigns.document import MAX_ENTRIES
from cueline.campaigns.effects import registry
from cueline.campaigns.entry import MAX_LIMIT
from cueline.campaigns.kinds import KINDS
from cueline.campaigns.spec import ACTIVE, CATEGORIES, CHANNELS, MARKETING, STATES
from cueline.conditions import paths
from cueline.events import SOURCES
from cueline.triggers import MAX_ACTION_LENGTH, MAX_TYPE_LENGTH

REFERENCE: Final = {"$ref": "#/components/schemas/Document"}


def _text(most: int, pattern: str = LINE, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": most, "pattern": pattern, **more}


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    shape = {"type": "object", "properties": properties, "additionalProperties": False}
    return shape | ({"required": list(required)} if required else {})


def _list(items: dict[str, Any], *, most: int) -> dict[str, Any]:
    return {"type": ["array", "null"], "maxItems": most, "items": items}


_LONGEST_FIELD: Final = paths.MAX_LENGTH - len("event.")
_KEY: Final = {"type": "string", "pattern": KEY}
_ACTION: Final = _object(
    required=("name",),
    name=_text(MAX_ACTION_LENGTH),
    sources=_list({"enum": list(SOURCES)}, most=len(SOURCES)) | {"minItems": 1},
    secret=_list(_text(_LONGEST_FIELD, FIELD), most=actions.MAX_SECRETS),
    description={"type": ["string", "null"], "maxLength": actions.MAX_DESCRIPTION, "pattern": STORABLE},
)
_TEMPLATE: Final = _object(
    required=("key", "subject"),
    key=_KEY,
    channel={"enum": list(CHANNELS)},
    category={"enum": list(CATEGORIES), "default": MARKETING},
    subject=_text(templates.MAX_SUBJECT, description="Liquid"),
    html=_text(templates.MAX_BODY, STORABLE, description="Liquid"),
    text=_text(templates.MAX_BODY, STORABLE, description="Liquid"),
    repeat_after_crash={"type": ["boolean", "null"]},
) | {"anyOf": [{"required": ["html"]}, {"required": ["text"]}]}
_TRIGGER: Final = _object(
    action=_text(MAX_ACTION_LENGTH, description="Of a client action"),
    link={"type": "string", "pattern": VERB, "description": "Verb of a deep link"},
    event=_text(MAX_TYPE_LENGTH, description="Such as `login`"),
) | {"minProperties": 1, "maxProperties": 1}
_ENTRY: Final = _object(
    key={"type": "string", "default": "eid", "description": "eid, once, day, week, or event.<field>"},
    limit={"type": "integer", "minimum": 1, "maximum": MAX_LIMIT},
    window={"type": "string", "pattern": DURATION, "example": "1d"},
    max_age={"type": "string", "pattern": DURATION, "default": "1d"},
) | {"type": ["object", "null"], "dependentRequired": {"window": ["limit"]}}
_EFFECT: Final = {
    "type": "object",
    "properties": {name: {"description": effect.summary} for name, effect in registry.EFFECTS.items()},
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
}
_CAMPAIGN: Final = _object(
    required=("key", "kind", "trigger", "do"),
    key=_KEY,
    kind={"enum": list(KINDS)},
    name={"oneOf": [_text(rules.MAX_NAME), {"type": "null"}]},
    state={"enum": list(STATES), "default": ACTIVE},
    trigger=_TRIGGER,
    where={"type": ["object", "null"], "description": "The condition"},
    entry=_ENTRY,
    do={"type": "array", "minItems": 1, "maxItems": registry.MAX_EFFECTS, "items": _EFFECT},
)
_SEGMENT: Final = _object(
    required=("key", "where"),
    key=_KEY,
    name={"oneOf": [_text(segments.MAX_NAME), {"type": "null"}]},
    where={"type": ["object", "null"], "description": "The condition on users"},
)
_DOCUMENT: Final = _object(
    actions=_list(_ACTION, most=MAX_ENTRIES),
    templates=_list(_TEMPLATE, most=MAX_ENTRIES),
    segments=_list(_SEGMENT, most=MAX_ENTRIES),
    campaigns=_list(_CAMPAIGN, most=MAX_ENTRIES),
) | {"description": "See the documentation of campaigns for what each entry may hold"}


def describe(spec: APISpec) -> None:
    spec.components.schema("Document", component=_DOCUMENT)
