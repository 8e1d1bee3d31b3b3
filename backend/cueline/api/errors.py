"""Every refusal as `{"code", "message", "errors"?}`, in one place."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, Final

import redis
from flask import Flask, Response, jsonify, request
from marshmallow import Schema, fields
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from cueline.errors import CuelineError, DocumentError, HttpError, NotFound, Unavailable
from cueline.logs import Log, said

log = Log(__name__)

INVALID_REQUEST: Final = "invalid_request"
RETRY_AFTER_S: Final = 2
_JSON_PATHS: Final = ("/api/", "/v1/", "/status/")
# The last one: every connection that a web process may have waits for an answer already.
_SQL_AWAY: Final = (OperationalError, InterfaceError, PoolTimeout)
_CODES: Final = {
    400: "malformed",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
}


class FaultSchema(Schema):
    """One thing that is wrong with a request."""

    field = fields.String(metadata={"description": "Where: a parameter, or the path of a field in the body"})
    code = fields.String(required=True)
    message = fields.String(required=True)


class ErrorSchema(Schema):
    """The body of every error."""

    code = fields.String(required=True, metadata={"description": "Stable, for programs", "example": "unknown_key"})
    message = fields.String(required=True, metadata={"description": "For people: what was wrong and what to do"})
    errors = fields.List(
        fields.Dict(), metadata={"description": "What was wrong one by one, where more than one thing can be"}
    )


def register(app: Flask) -> None:
    app.register_error_handler(HttpError, _refused)
    app.register_error_handler(DocumentError, _bad_document)
    app.register_error_handler(NotFound, lambda error: _answer(HttpError(404, error.code, error.message)))
    app.register_error_handler(CuelineError, lambda error: _answer(HttpError(400, error.code, error.message)))
    for kind in (Unavailable, *_SQL_AWAY, redis.ConnectionError, redis.TimeoutError):
        app.register_error_handler(kind, _unavailable)
    app.register_error_handler(Exception, _unexpected)


def http_exception(error: HTTPException) -> Any:
    """Flask's and webargs' own refusals. Pages for people keep Werkzeug's text."""
    if not request.path.startswith(_JSON_PATHS):
        return error
    messages = getattr(error, "data", {}).get("messages")
    if messages:
        return _answer(_invalid(messages))
    status = error.code or 500
    refusal = HttpError(status, _CODES.get(status, "error"), error.description or error.name)
    answer = _answer(refusal)
    answer.headers.extend((k, v) for k, v in error.get_headers() if k in ("Allow", "Location"))
    return answer


def _invalid(messages: dict[str, Any]) -> HttpError:
    """marshmallow's nested messages as a list; the outermost level says where: query, json."""
    faults = [
        {"field": path, "code": "invalid", "message": text}
        for location in messages.values()
        for path, text in _flat(location)
    ]
    summary = "; ".join(
        f"{fault['field']}: {fault['message']}" if fault["field"] else fault["message"] for fault in faults
    )
    return HttpError(400, INVALID_REQUEST, summary, errors=faults)


def _flat(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            own = "" if name == "_schema" else str(name)
            yield from _flat(inner, ".".join(part for part in (path, own) if part))
        return
    for text in messages if isinstance(messages, list) else [messages]:
        yield path, str(text)


def _refused(error: HttpError) -> Response:
    return _answer(error)


def _bad_document(error: DocumentError) -> Response:
    return _answer(HttpError(422, error.code, error.message, errors=[p.as_dict() for p in error.problems]))


def _unavailable(error: Exception) -> Response:
    log.warning("a store does not answer", error=said(error))
    message = "A store does not answer. Repeat in a moment: nothing is done twice."
    return _answer(HttpError(503, Unavailable.code, message, retry_after_s=RETRY_AFTER_S))


def _unexpected(error: Exception) -> Any:
    if isinstance(error, HTTPException):
        return http_exception(error)
    mark = secrets.token_hex(6)
    log.fault("unexpected error", error, mark=mark, method=request.method, endpoint=request.endpoint)
    return _answer(HttpError(500, "internal_error", f"This should not happen. The log has more, under {mark}."))


def _answer(error: HttpError) -> Response:
    if error.status < 500:
        log.often("request refused", door="rest", status=error.status, code=error.code, endpoint=request.endpoint)
    answer = jsonify(error.body())
    answer.status_code = error.status
    if error.retry_after_s is not None:
        answer.headers["Retry-After"] = str(error.retry_after_s)
    if error.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
