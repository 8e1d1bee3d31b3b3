"""Payload fields that the registry calls secret: their values stay in the event, and are masked wherever shown."""

from __future__ import annotations

from collections.abc import Iterable

_PAYLOAD = "event."


def is_secret(path: str, secrets: Iterable[str]) -> bool:
    """Whether a path like `event.card.no` shows a secret field: the field itself, what lies in it, what holds it."""
    field = path.removeprefix(_PAYLOAD)
    if field == path:
        return False
    return any(f"{field}.".startswith(f"{secret}.") or f"{secret}.".startswith(f"{field}.") for secret in secrets)
