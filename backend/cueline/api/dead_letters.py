"""`/api/v1/dead-letters`: events that could not be handled, to be read, fixed, replayed or discarded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from marshmallow import Schema, fields

from cueline.api.auth import DEAD_LETTERS_WRITE, READ, access
from cueline.api.blueprint import Resource
from cueline.api.fields import At, Id, choice, text
from cueline.api.paging import CursorQuery, page, page_schema
from cueline.api.patterns import NO_CONTROL
from cueline.api.services import current
from cueline.deadletters import edit as editing
from cueline.deadletters import replay as replaying
from cueline.deadletters.edit import Change, Conflict
from cueline.deadletters.letter import find, summary, whole
from cueline.errors import EventRefused, HttpError
from cueline.events import SOURCES
from cueline.store import dead_letters, keys, masking
from cueline.store.dead_letters import DeadLetter
from cueline.store.session import reading

blueprint = Resource("dead-letters", "Events that could not be handled")

_BIGGEST: Final = 2**63 - 1


class DeadLetterQuery(CursorQuery):
    state = choice(dead_letters.STATES, metadata={"description": "Default: all of them"})


class DeadLetterSchema(Schema):
    id = Id(required=True)
    state = choice(dead_letters.STATES, required=True)
    error = fields.String(required=True, metadata={"description": "What went wrong when it was handled"})
    eid = fields.String(required=True, allow_none=True, metadata={"description": "The sender's own id of the event"})
    type = fields.String(required=True, allow_none=True)
    action = fields.String(required=True, allow_none=True, metadata={"description": "Name of the client action"})
    user_ext_id = fields.String(required=True, allow_none=True)
    visitor_id = fields.String(required=True, allow_none=True)
    at = At("at_ms")
    replayed_at = At("replayed_ms", allow_none=True)
    discarded_at = At("discarded_ms", allow_none=True)


class DeadEventSchema(Schema):
    """The event as it lay in its stream."""

    source = choice(SOURCES, required=True)
    verified = fields.Boolean(required=True)
    context = fields.Dict(required=True)
    payload = fields.Dict(required=True, metadata={"description": "Secret values are masked: •••"})
    at = At("at_ms")
    received_at = At("received_ms")


class FieldChangeSchema(Schema):
    """What was changed; secret values are masked."""

    field = fields.String(required=True, metadata={"example": "payload.amount"})
    was = fields.Raw(required=True, allow_none=True, attribute="from")
    is_ = fields.Raw(required=True, allow_none=True, attribute="to", data_key="is")


class DeadLetterEditSchema(Schema):
    at = At("at_ms")
    by = fields.String(required=True, metadata={"description": "`cli`, or the key's name and beginning"})
    changes = fields.List(fields.Nested(FieldChangeSchema), required=True)


class WholeDeadLetterSchema(DeadLetterSchema):
    """A dead letter with its event and what people changed in it."""

    partition = fields.Integer(required=True)
    stream_id = fields.String(required=True)
    event = fields.Nested(DeadEventSchema, required=True, allow_none=True)
    edits = fields.List(fields.Nested(DeadLetterEditSchema), required=True)


class DeadLetterChangeSchema(Schema):
    """What is to be different; left out: as it is."""

    type = text(metadata={"pattern": NO_CONTROL})
    event_date = fields.Raw(
        metadata={
            "description": "Milliseconds since 1970, or ISO 8601",
            "oneOf": [{"type": "number", "minimum": 0}, {"type": "string", "format": "date-time"}],
        }
    )
    user_ext_id = text(metadata={"description": "The shop's own id of the user"})
    payload = fields.Dict(
        metadata={"description": "Merged into the payload: null removes a field, a masked value stays as it was"}
    )


@blueprint.route("/dead-letters", methods=["GET"])
@blueprint.arguments(DeadLetterQuery, location="query")
@blueprint.response(200, page_schema("DeadLetterPage", DeadLetterSchema))
@blueprint.needs(READ)
def list_dead_letters(query: dict[str, Any]) -> Any:
    """Dead letters, newest first

    `open` ones wait for somebody to look at them. They block nothing.
    """
    workspace_id = access().workspace_id
    with reading(current().engine) as connection:
        rows = dead_letters.page(
            connection,
            workspace_id,
            state=query.get("state"),
            before=query.get("cursor"),
            limit=query["limit"] + 1,
        )
        secrets = masking.load(connection, workspace_id)
    return page([summary(row, secrets) for row in rows], query["limit"], lambda row: row["id"])


@blueprint.route("/dead-letters/<int:letter_id>", methods=["GET"])
@blueprint.response(200, WholeDeadLetterSchema)
@blueprint.needs(READ, 404)
def show_dead_letter(letter_id: int) -> Any:
    """One dead letter with its event"""
    with reading(current().engine) as connection:
        return _shown(connection, find(connection, min(letter_id, _BIGGEST), workspace_id=access().workspace_id))


@blueprint.route("/dead-letters/<int:letter_id>", methods=["PATCH"])
@blueprint.arguments(DeadLetterChangeSchema, example={"payload": {"amount": 12}})
@blueprint.response(200, WholeDeadLetterSchema)
@blueprint.needs(DEAD_LETTERS_WRITE, 404, 409, 415)
def change_dead_letter(change: dict[str, Any], letter_id: int) -> Any:
    """Fix a dead letter

    Checked as at the doors. Who changed what stands in `edits`; nothing else happens until it is replayed.
    """
    wanted = Change(change.get("type"), change.get("event_date"), change.get("user_ext_id"), change.get("payload"))
    return _done(
        letter_id,
        lambda id_, more: editing.edit(current().engine, id_, wanted, by=_by(), clock=current().clock, **more),
    )


@blueprint.route("/dead-letters/<int:letter_id>/replay", methods=["POST"])
@blueprint.response(200, WholeDeadLetterSchema)
@blueprint.needs(DEAD_LETTERS_WRITE, 404, 409)
def replay_dead_letter(letter_id: int) -> Any:
    """Put a dead letter back into its stream

    However often: its event counts once. If it fails again, the letter is open again, with the new error.
    """
    its = current()
    return _done(
        letter_id,
        lambda id_, more: replaying.replay(its.redis, its.engine, id_, settings=its.settings, clock=its.clock, **more),
    )


@blueprint.route("/dead-letters/<int:letter_id>/discard", methods=["POST"])
@blueprint.response(200, WholeDeadLetterSchema)
@blueprint.needs(DEAD_LETTERS_WRITE, 404, 409)
def discard_dead_letter(letter_id: int) -> Any:
    """Put a dead letter away for good

    It stays to be read.
    """
    return _done(letter_id, lambda id_, more: replaying.discard(current().engine, id_, clock=current().clock, **more))


def _done(letter_id: int, do: Callable[[int, dict[str, int]], DeadLetter]) -> Any:
    with _told():
        letter = do(min(letter_id, _BIGGEST), {"workspace_id": access().workspace_id})
    with reading(current().engine) as connection:
        return _shown(connection, letter)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except Conflict as error:
        raise HttpError(409, error.code, error.message) from error
    except EventRefused as error:
        fault = {"field": error.field, "code": error.code, "message": error.message}
        raise HttpError(400, error.code, error.message, errors=[fault]) from error


def _shown(connection: Any, letter: DeadLetter) -> dict[str, Any]:
    return whole(letter, masking.load(connection, access().workspace_id))


def _by() -> str:
    """The key, as lists of keys show it."""
    with reading(current().engine) as connection:
        row = keys.by_lookup(connection, access().lookup)
    return " ".join(["key", *filter(None, (row.name, row.shown))]) if row else "key"
