"""`POST /v1/collect` in the OpenAPI document. The door that answers it stands in front of Flask (`collector`)."""

from __future__ import annotations

import json
from typing import Any, Final

from apispec import APISpec

from cueline.api import examples
from cueline.api.wire import ENVELOPE
from cueline.intake.limits import MAX_COLLECT_BYTES, MAX_COLLECT_EVENTS

PATH: Final = "/v1/collect"

_ENVELOPE: Final = {"$ref": "#/components/schemas/Envelope"}
_EXAMPLE: Final = {"key": "wk_…", "visitor_id": "0b7a6c1e", "events": [examples.PAGE_EVENT]}
_CORS: Final = {
    "Access-Control-Allow-Origin": {
        "description": "Every page may read every answer",
        "required": True,
        "schema": {"const": "*"},
    }
}
_WAIT: Final = {"Retry-After": {"description": "Seconds", "required": True, "schema": {"type": "integer"}}}
_COLLECTED: Final = {
    "type": "object",
    "required": ["accepted", "rejected"],
    "properties": {
        "accepted": {"type": "integer", "description": "Events that are in Redis"},
        "rejected": {"type": "array", "items": {"$ref": "#/components/schemas/RejectedEvent"}},
        "ignored": {"type": "array", "items": {"type": "string"}, "description": "Fields that are not known here"},
    },
    "additionalProperties": False,
}
_REJECTED: Final = {
    "type": "object",
    "required": ["eid", "code", "message"],
    "properties": {
        "eid": {"type": ["string", "null"]},
        "index": {"type": "integer", "description": "Of an event without a usable eid"},
        "code": {"type": "string"},
        "message": {"type": "string"},
    },
    "additionalProperties": False,
}
_REFUSALS: Final[dict[int, tuple[str, dict[str, Any]]]] = {
    400: ("The body is no envelope: the message names the field", {}),
    401: ("The key is unknown or revoked", {}),
    403: ("The page's origin is not in the workspace's list, or the key is a secret one", {}),
    411: ("The end of the body cannot be known", {}),
    413: (f"The body is over {MAX_COLLECT_BYTES // 1024} KiB", {}),
    415: ("Another Content-Type, or a compressed body", {}),
    429: ("Over the rate of the key, the address or the visitor", _WAIT),
    503: ("Redis or SQL does not answer, or holds all that it may. Repeating is harmless", _WAIT),
}
_OPERATION: Final = {
    "operationId": "collect",
    "tags": ["events"],
    "summary": f"Report up to {MAX_COLLECT_EVENTS} events from a page",
    "description": "What the snippet sends. 202 means: in Redis; events that are wrong stand in `rejected`, the others "
    "are taken. `text/plain` holds the same JSON and needs no CORS preflight.",
    "security": [],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _ENVELOPE, "example": _EXAMPLE},
            "text/plain": {
                "schema": {"type": "string", "contentMediaType": "application/json", "contentSchema": _ENVELOPE},
                "example": json.dumps(_EXAMPLE, ensure_ascii=False),
            },
        },
    },
}


def describe(spec: APISpec) -> None:
    spec.components.schema("Envelope", component=ENVELOPE)
    spec.components.schema("RejectedEvent", component=_REJECTED)
    spec.components.schema("Collected", component=_COLLECTED)
    # Not `spec.path`: flask-smorest's takes only routes of the app.
    spec.options["paths"] = {PATH: {"post": {**_OPERATION, "responses": _responses()}}}


def _responses() -> dict[str, Any]:
    taken = _response("The good events are in Redis", {}, "Collected", example=examples.COLLECTED)
    refused = {str(status): _response(words, headers, "Error") for status, (words, headers) in _REFUSALS.items()}
    return {"202": taken, **refused, "default": {"$ref": "#/components/responses/DEFAULT_ERROR"}}


def _response(description: str, headers: dict[str, Any], schema: str, **more: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}, **more}}
    return {"description": description, "headers": _CORS | headers, "content": content}
