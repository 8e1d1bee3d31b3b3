"""The action registry's pure part: which names were seen, with which payload fields of which types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cueline.engine.outcome import Outcome, Sighting
from cueline.events import Payload

# A page that makes up field names must not grow the registry without end.
MAX_FIELDS: Final = 200
MAX_PATH: Final = 200
_NAME_FIELD: Final = "client_action"


def note(out: Outcome, *, workspace_id: int, action: str, payload: Payload, received_ms: int) -> None:
    """Counts the action in this batch's outcome and notes its fields; values are never looked at."""
    seen = out.sightings.get((workspace_id, action))
    if seen is None:
        seen = out.sightings[workspace_id, action] = Sighting(0, received_ms, received_ms)
    seen.count += 1
    if received_ms > seen.last_ms:
        seen.last_ms = received_ms
    elif received_ms < seen.first_ms:
        seen.first_ms = received_ms
    _note_fields(payload, seen)


def merge(known: Mapping[str, list[str]], seen: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """The fields of an action after a batch; at most MAX_FIELDS, the older ones stay."""
    merged = {path: list(types) for path, types in known.items()}
    for path, types in seen.items():
        if path not in merged and len(merged) >= MAX_FIELDS:
            continue
        merged[path] = sorted(types.union(merged.get(path, ())))
    return merged


def _note_fields(payload: Payload, seen: Sighting) -> None:
    """The same names with values of the same types say nothing new; of what is nested the type alone tells nothing."""
    kinds = tuple(map(type, payload.values()))
    shape = (*payload, *kinds)
    if shape not in seen.shapes:
        _collect(payload, "", seen.fields)
        if dict not in kinds:
            seen.shapes.add(shape)


def _collect(payload: Mapping[str, Any], prefix: str, fields: dict[str, set[str]]) -> None:
    for key, value in payload.items():
        if not prefix and key == _NAME_FIELD:
            continue
        path = prefix + key
        if isinstance(value, dict):
            _collect(value, path + ".", fields)
        elif value is not None and len(path) <= MAX_PATH and (path in fields or len(fields) < MAX_FIELDS):
            fields.setdefault(path, set()).add(type_of(value))


def type_of(value: object) -> str:
    """text, number, boolean, list or object."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else "object"
