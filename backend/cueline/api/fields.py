"""Fields that several resources share: clean text, ids, times, cursors."""

from __future__ import annotations

import re
from typing import Any, Final

from marshmallow import ValidationError, fields, validate

from cueline.api.patterns import ID, STORABLE
from cueline.clock import to_iso
from cueline.errors import HttpError

NEXT: Final = "`next` of the page before"
_UNSTORABLE: Final = re.compile(r"[\x00\ud800-\udfff]")


def check_storable(text: str) -> None:
    """PostgreSQL refuses U+0000, UTF-8 lone surrogates: said here, not in the middle of a query."""
    if _UNSTORABLE.search(text):
        raise ValidationError("Holds U+0000 or half of a surrogate pair, which cannot be stored.")


def check_path(name: str, value: str) -> None:
    """As `check_storable`, for a part of the address."""
    try:
        check_storable(value)
    except ValidationError as error:
        fault = {"field": name, "code": "invalid", "message": str(error.messages[0])}
        raise HttpError(400, "invalid_request", f"{name}: {error.messages[0]}", errors=[fault]) from error


def text(*, most: int = 128, **more: Any) -> fields.String:
    """A text of 1 to `most` characters that both databases take."""
    metadata = {"pattern": STORABLE, **more.pop("metadata", {})}
    return fields.String(validate=[validate.Length(1, most), check_storable], metadata=metadata, **more)


def choice(allowed: tuple[str, ...], **more: Any) -> fields.String:
    """One of the allowed words; the error names them."""
    message = "{input!r} is not known. Allowed: {choices}."
    return fields.String(validate=validate.OneOf(allowed, error=message), **more)


class Id(fields.String):
    """Ids exceed 2^53, so they travel as text."""


class Before(fields.String):
    """A cursor that is an id: read as int."""

    def __init__(self, **more: Any) -> None:
        super().__init__(metadata={"description": NEXT, "pattern": ID}, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        return read_id(super()._deserialize(value, attr, data, **more))


def read_id(text: str) -> int:
    """An id out of a cursor, as both databases can compare it."""
    if not re.fullmatch(ID, text):
        raise ValidationError(f"{text!r} is no cursor: take `next` of the page before.")
    return int(text)


class At(fields.String):
    """A column of milliseconds, shown as ISO 8601 in UTC: give it the column's name."""

    def __init__(self, column: str, **more: Any) -> None:
        metadata = {"format": "date-time", "example": "2026-11-23T17:21:45.123Z"}
        super().__init__(attribute=column, required=True, metadata=metadata, **more)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> Any:
        return to_iso(value)
