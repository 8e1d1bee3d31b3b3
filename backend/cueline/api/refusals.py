"""The refusals that operations share, in the OpenAPI document: which status, in which words, with which headers."""

from __future__ import annotations

from typing import Any, Final

from apispec import APISpec

_ERROR: Final = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
_WAIT: Final = {
    "Retry-After": {"description": "Seconds", "required": True, "schema": {"type": "integer", "minimum": 1}}
}
_SIGN_IN: Final = {
    "WWW-Authenticate": {"description": "How to sign in", "required": True, "schema": {"type": "string"}}
}

_RESPONSES: Final[dict[int, tuple[str, dict[str, Any]]]] = {
    400: ("A parameter or the body is wrong: `errors` or the message names what", {}),
    401: ("No key, or one that is unknown or revoked", _SIGN_IN),
    403: ("A write key, or a key without the scope", {}),
    404: ("Nothing has this name", {}),
    406: ("None of the asked media types is to be had", {}),
    409: ("It is in no state in which this can be done: the code says which", {}),
    413: ("The body is too large", {}),
    415: ("The body has another Content-Type, or is compressed", {}),
    422: ("`invalid_document`: `errors` names path, value and what is allowed of each fault", {}),
    429: ("The key is over its rate", _WAIT),
    503: ("Redis or SQL does not answer, or holds all that it may. Repeating is harmless", _WAIT),
}
EVERYWHERE: Final = (400, 401, 403, 413, 415, 503)


def describe(spec: APISpec) -> None:
    for status, (description, headers) in _RESPONSES.items():
        response = {"description": description, "content": _ERROR} | ({"headers": headers} if headers else {})
        spec.components.response(_name(status), response)


def references(*statuses: int) -> dict[int, str]:
    """For an operation's `responses`: those that every one has, and these."""
    return {status: _name(status) for status in sorted({*EVERYWHERE, *statuses})}


def _name(status: int) -> str:
    return f"Refused{status}"
