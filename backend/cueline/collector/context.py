"""What the page says of itself beside its events: best effort, for people to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cueline.intake import values
from cueline.intake.limits import MAX_CONTEXT

FIELDS: Final = frozenset({"url", "referrer", "title", "language", "timezone", "sdk"})


def kept(context: Any) -> dict[str, str]:
    """The known fields that are text, cut to 2,000 characters; what cannot be stored is replaced by U+FFFD."""
    if not isinstance(context, Mapping):
        return {}
    return {name: values.repaired(value[:MAX_CONTEXT]) for name, value in context.items() if _is_known(name, value)}


def is_kept_whole(context: Mapping[str, str]) -> bool:
    """Of texts that can be stored: whether `kept` gives them back as they are, and `ignored` has none."""
    return context.keys() <= FIELDS and all(len(value) <= MAX_CONTEXT for value in context.values())


def ignored(context: Any) -> list[str]:
    """The names of what was not kept."""
    if context is None:
        return []
    if not isinstance(context, Mapping):
        return ["context"]
    return [f"context.{name}" for name, value in context.items() if not _is_known(name, value)]


def _is_known(name: str, value: Any) -> bool:
    return name in FIELDS and isinstance(value, str)
