"""`/api/v1/campaigns`: the whole document, as `cueline apply` loads and `cueline export` writes it."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, jsonify, request
from marshmallow import Schema, fields
from werkzeug.exceptions import NotAcceptable, UnsupportedMediaType

from cueline.api import examples
from cueline.api.auth import CAMPAIGNS_WRITE, READ, access
from cueline.api.blueprint import Resource
from cueline.api.document import REFERENCE
from cueline.api.services import current
from cueline.campaigns import document, text
from cueline.campaigns.diff import CHANGED, CREATED, UNCHANGED
from cueline.deliveries.templates import problems as template_problems
from cueline.errors import DocumentError, HttpError, Problem
from cueline.logs import Log
from cueline.publishing.apply import Plan, apply
from cueline.publishing.export import export
from cueline.store.session import reading, writing

_log = Log(__name__)

blueprint = Resource("campaigns", "What shall happen")

JSON_TYPE: Final = "application/json"
YAML_TYPE: Final = "application/yaml"
FORMATS: Final = {
    JSON_TYPE: text.JSON,
    YAML_TYPE: text.YAML,
    "text/yaml": text.YAML,
    "application/x-yaml": text.YAML,
}


class ChangeSchema(Schema):
    kind = fields.String(required=True, metadata={"enum": ["action", "template", "segment", "campaign"]})
    key = fields.String(required=True)
    what = fields.String(required=True, metadata={"enum": [CREATED, CHANGED, UNCHANGED]})
    lines = fields.String(required=True, metadata={"description": "A unified diff; empty when unchanged"})


class AppliedSchema(Schema):
    changes = fields.List(fields.Nested(ChangeSchema), required=True)
    problems = fields.List(fields.Dict(), required=True, metadata={"description": "Warnings, each with its path"})


_BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        JSON_TYPE: {"schema": REFERENCE, "example": examples.DOCUMENT},
        YAML_TYPE: {"schema": REFERENCE, "example": examples.DOCUMENT},
    },
}


@blueprint.route("/campaigns", methods=["GET"])
@blueprint.response(200, REFERENCE, example=examples.DOCUMENT)
@blueprint.alt_response(200, schema=REFERENCE, content_type=YAML_TYPE, example=examples.DOCUMENT, success=True)
@blueprint.needs(READ, 406)
def export_campaigns() -> Response:
    """The whole document

    As JSON, or as YAML with `Accept: application/yaml`. Applied again, it changes nothing.
    """
    wanted = _wanted_type()
    with reading(current().engine) as connection:
        found = export(connection, access().workspace_id)
    if FORMATS[wanted] == text.YAML:
        return Response(text.to_yaml(found), content_type=f"{wanted}; charset=utf-8")
    return jsonify(document.to_dict(found))


def _wanted_type() -> str:
    if not request.accept_mimetypes:
        return JSON_TYPE
    best = request.accept_mimetypes.best_match(list(FORMATS))
    if best is None:
        raise NotAcceptable(f"This comes as one of: {', '.join(FORMATS)}.")
    return best


@blueprint.route("/campaigns", methods=["PUT"])
@blueprint.response(200, AppliedSchema)
@blueprint.needs(CAMPAIGNS_WRITE, 415, 422)
@blueprint.doc(requestBody=_BODY)
def apply_campaigns() -> Any:
    """Load a document

    Adds and changes by key, publishes at once unless `state: draft`, leaves what the document lacks. All of it or,
    with an error, nothing.
    """
    parsed = text.read(_text(), format=_format())
    if not parsed.is_valid:
        raise DocumentError(list(parsed.problems))
    services = current()
    with writing(services.engine) as connection:
        done = apply(
            connection,
            access().workspace_id,
            parsed.document,
            now_ms=services.clock.now_ms(),
            template_problems=template_problems,
        )
    for change in done.changes:
        if change.what != UNCHANGED:
            _log.info("published", workspace=access().workspace_id, kind=change.kind, key=change.key, what=change.what)
    return _told(done, list(parsed.problems))


def _format() -> str:
    if request.mimetype not in FORMATS:
        raise UnsupportedMediaType(f"Send the document with a Content-Type of: {', '.join(FORMATS)}.")
    return FORMATS[request.mimetype]


def _text() -> str:
    try:
        return request.get_data().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HttpError(
            400, "malformed", f"The document is not UTF-8: {error.reason} at byte {error.start}."
        ) from error


def _told(done: Plan, read_problems: list[Problem]) -> dict[str, Any]:
    return {"changes": done.changes, "problems": [problem.as_dict() for problem in (*read_problems, *done.problems)]}
