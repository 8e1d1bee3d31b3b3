"""What the page says of itself beside its events: best effort, for people to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, get_args

import msgspec

from cueline.intake import values
from cueline.intake.limits import MAX_CONTEXT

Field = Literal["url", "referrer", "title", "language", "timezone", "sdk"]
FIELDS: Final[frozenset[str]] = frozenset(get_args(Field))

# A context of which everything is kept as it is, if its texts can be stored.
Whole = dict[Field, Annotated[str, msgspec.Meta(max_length=MAX_CONTEXT)]]


def kept(context: Any) -> dict[str, str]:
    """The known fields that are text, cut to 2,000 characters; what cannot be stored is replaced by U+FFFD."""
    if not isinstance(context, Mapping):
        return {}
    return {name: values.repaired(value[:MAX_CONTEXT]) for name, value in context.items() if _is_known(name, value)}


def ignored(context: Any) -> list[str]:
    """The names of what was not kept."""
    if context is None:
        return []
    if not isinstance(context, Mapping):
        return ["context"]
    return [f"context.{name}" for name, value in context.items() if not _is_known(name, value)]


def _is_known(name: str, value: Any) -> bool:
    return name in FIELDS and isinstance(value, str)
