"""What a document would change: entry by entry, with the difference as people read it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cueline.campaigns.document import entry_to_dict, key_of
from cueline.campaigns.spec import Action, Document, Rule, Segment, Template
from cueline.campaigns.text import dump
from cueline.conditions.values import whole

CREATED: Final = "created"
CHANGED: Final = "changed"
UNCHANGED: Final = "unchanged"

Entry = Action | Template | Segment | Rule


@dataclass(frozen=True, slots=True)
class Change:
    """`kind`: action, template, segment or campaign. `what`: created, changed or unchanged. `lines`: a unified diff."""

    kind: str
    key: str
    what: str
    lines: str = ""


def diff(current: Document, wanted: Document) -> list[Change]:
    """One change for each entry of the wanted document, in its order; what it lacks stays as it is."""
    return [
        *_section("action", current.actions, wanted.actions),
        *_section("template", current.templates, wanted.templates),
        *_section("segment", current.segments, wanted.segments),
        *_section("campaign", current.campaigns, wanted.campaigns),
    ]


def _section(kind: str, current: Sequence[Entry], wanted: Sequence[Entry]) -> list[Change]:
    known = {key_of(entry): entry for entry in current}
    return [_change(kind, known.get(key_of(entry)), wanted=entry) for entry in wanted]


def _change(kind: str, current: Entry | None, *, wanted: Entry) -> Change:
    key, after = key_of(wanted), entry_to_dict(wanted)
    before = None if current is None else entry_to_dict(current)
    if before is not None and is_same(before, after):
        return Change(kind, key, UNCHANGED)
    lines = _unified(before, after, name=f"{kind} {key}")
    return Change(kind, key, CREATED if before is None else CHANGED, lines)


def _unified(before: Mapping[str, Any] | None, after: Mapping[str, Any], *, name: str) -> str:
    old = [] if before is None else dump(before).splitlines()
    lines = difflib.unified_diff(old, dump(after).splitlines(), f"{name} (now)", f"{name} (wanted)", lineterm="")
    return "\n".join(lines)


def is_same(one: Any, other: Any) -> bool:
    """Whether two pieces of plain data say the same: 1 and 1.0 do, 1 and true do not, order of keys is nothing."""
    return _canonical(one) == _canonical(other)


def _canonical(data: Any) -> str:
    return json.dumps(_as_stored(data), sort_keys=True, ensure_ascii=False)


def _as_stored(data: Any) -> Any:
    """PostgreSQL keeps numbers as decimals: 1e20 comes back as a whole number of more than 64 bits."""
    if isinstance(data, int) and abs(data) >= 2**63:
        return float(data)
    if isinstance(data, Mapping):
        return {key: _as_stored(value) for key, value in data.items()}
    return [_as_stored(value) for value in data] if isinstance(data, list | tuple) else whole(data)
