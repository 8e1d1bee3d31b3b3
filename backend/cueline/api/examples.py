"""Examples for the OpenAPI document, as plain data."""

from __future__ import annotations

from typing import Any, Final

EVENT: Final = {
    "eid": "96b60b08-7f2c-4a36-9b0c-0d3a2f6c1e51",
    "user_ext_id": "42",
    "event_type": "client_action",
    "payload": {"client_action": "reset_password", "link": "https://shop.example/reset?t=9f2"},
}
ACCEPTED: Final = {"accepted": 1, "duplicates": 0, "errors": {}}

_EVENT_SCHEMA: Final = {
    "type": "object",
    "required": ["eid", "user_ext_id", "event_type"],
    "properties": {
        "eid": {"type": "string", "minLength": 1, "maxLength": 128, "description": "Yours; counted once"},
        "event_date": {
            "type": ["integer", "string"],
            "description": "Milliseconds since 1970, or ISO 8601; default: now. At most 30 days ago",
        },
        "user_ext_id": {"type": "string", "minLength": 1, "maxLength": 128},
        "event_type": {
            "type": "string",
            "minLength": 1,
            "maxLength": 128,
            "description": "`client_action`, `deep_link`, `update_profile`, `login`, `logout`, or a name of yours",
        },
        "payload": {
            "type": "object",
            "description": "Of a client action: `client_action`, its name, and whatever the campaigns need",
        },
    },
}
EVENTS_BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "oneOf": [_EVENT_SCHEMA, {"type": "array", "maxItems": 1000, "items": _EVENT_SCHEMA}],
            },
            "example": [EVENT],
        }
    },
}

DOCUMENT: Final = {
    "actions": [{"name": "reset_password", "sources": ["server"], "secret": ["link"]}],
    "templates": [
        {
            "key": "reset-password",
            "channel": "email",
            "category": "transactional",
            "subject": "Reset your password",
            "html": '<p><a href="{{ event.link }}">Choose a new password</a></p>',
        }
    ],
    "campaigns": [
        {
            "key": "reset-password",
            "kind": "rule",
            "trigger": {"action": "reset_password"},
            "do": [{"send": {"template": "reset-password"}}],
        }
    ],
}
DOCUMENT_YAML: Final = """\
actions:
  - {name: reset_password, sources: [server], secret: [link]}
templates:
  - key: reset-password
    channel: email
    category: transactional
    subject: Reset your password
    html: <p><a href="{{ event.link }}">Choose a new password</a></p>
campaigns:
  - key: reset-password
    kind: rule
    trigger: {action: reset_password}
    do: [{send: {template: reset-password}}]
"""
ACTION: Final = {"name": "reset_password", "sources": ["server"], "secret": ["link"], "description": "Forgot it"}
