"""The events of both doors in the OpenAPI document. What is wrong with one of them stands beside the 202."""

from __future__ import annotations

from typing import Any, Final

from cueline.api import examples
from cueline.api.patterns import NO_CONTROL, STORABLE
from cueline.intake.limits import MAX_COLLECT_EVENTS, MAX_ID, MAX_SERVER_EVENTS


def text(*, most: int = MAX_ID, pattern: str = STORABLE, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": most, "pattern": pattern, **more}


_EID: Final = text(description="The sender's own; counted once")
_TYPE: Final = text(
    pattern=NO_CONTROL,
    description="`client_action`, `deep_link`, `update_profile`, `login`, `logout`, `page`, `tags`, or a name of yours",
)
_PAYLOAD: Final = {
    "type": "object",
    "description": "Of a client action: `client_action`, its name, and whatever the campaigns need",
}
_MILLISECONDS: Final = {"type": "number", "minimum": 0, "description": "Milliseconds since 1970"}

SERVER_EVENT: Final = {
    "type": "object",
    "required": ["eid", "user_ext_id", "event_type"],
    "properties": {
        "eid": _EID,
        "event_date": {
            "description": "Milliseconds since 1970, or ISO 8601; default: now. At most 30 days ago",
            "oneOf": [{"type": "number", "minimum": 0}, {"type": "string", "example": "2026-11-23T17:21:45.123Z"}],
        },
        "user_ext_id": text(description="The shop's own id of the user"),
        "event_type": _TYPE,
        "payload": _PAYLOAD,
    },
}
EVENTS_BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "oneOf": [
                    SERVER_EVENT,
                    {"type": "array", "maxItems": MAX_SERVER_EVENTS, "items": SERVER_EVENT},
                ],
            },
            "example": [examples.EVENT],
        }
    },
}

PAGE_EVENT: Final = {
    "type": "object",
    "required": ["eid", "type"],
    "properties": {"eid": _EID, "type": _TYPE, "at": _MILLISECONDS, "payload": _PAYLOAD},
}
ENVELOPE: Final = {
    "type": "object",
    "required": ["key", "visitor_id", "events"],
    "properties": {
        "key": {"type": "string", "description": "A write key, `wk_…`"},
        "visitor_id": text(description="The browser's own; the snippet makes it"),
        "sent_at": {**_MILLISECONDS, "description": "By the page's clock, which may be wrong"},
        "user": {
            "type": ["object", "null"],
            "description": "Who is logged in, and the hash by which the shop's server vouches for him",
            "properties": {
                "id": {"oneOf": [text(), {"type": "null"}]},
                "hash": {"type": ["string", "null"], "example": "1763893600.5f0c…"},
            },
        },
        "context": {"description": "Best effort: url, referrer, title, language, timezone, sdk"},
        "events": {"type": "array", "maxItems": MAX_COLLECT_EVENTS, "items": PAGE_EVENT},
    },
}
