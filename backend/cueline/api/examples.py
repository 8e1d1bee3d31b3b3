"""Examples for the OpenAPI document, as plain data."""

from __future__ import annotations

from typing import Final

EVENT: Final = {
    "eid": "96b60b08-7f2c-4a36-9b0c-0d3a2f6c1e51",
    "user_ext_id": "42",
    "event_type": "client_action",
    "payload": {"client_action": "reset_password", "link": "https://shop.example/reset?t=9f2"},
}
ACCEPTED: Final = {"accepted": 1, "duplicates": 0, "errors": {}}
PAGE_EVENT: Final = {
    "eid": "0d9116a9-d42d-4f1b-a67b-1ad853381083",
    "type": "client_action",
    "payload": {"client_action": "CashierSubmitClicked", "amount": 12},
}
COLLECTED: Final = {"accepted": 1, "rejected": []}
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
ACTION: Final = {"name": "reset_password", "sources": ["server"], "secret": ["link"], "description": "Forgot it"}
