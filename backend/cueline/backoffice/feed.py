"""What the status page shows, as one piece of plain data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cueline.backoffice.looks import Looks
from cueline.checks import sql
from cueline.clock import to_iso
from cueline.deadletters import letter as letters
from cueline.deliveries.reasons import REASONS
from cueline.store import actions, dead_letters, deliveries, events, masking, timeline
from cueline.store.session import reading

EVENTS: Final = 50
ENTRIES: Final = 30
MAILS: Final = 30
ACTIONS: Final = 60
LETTERS: Final = 20

Shown = dict[str, Any]


def snapshot(page: Looks, engine: Engine, workspace_id: int) -> Shown:
    """The newest of everything. SQL away: the health alone, which says so."""
    found = page.health()
    try:
        with reading(engine) as connection:
            lists = {name: read(connection, workspace_id) for name, read in _LISTS.items()}
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        found.add(sql.away(error))
        lists = {}
    return {"health": found.as_dict(), **lists}


def letter(connection: Connection, workspace_id: int, letter_id: int) -> Shown:
    """A dead letter, to be read. Raises NotFound."""
    found = letters.find(connection, letter_id, workspace_id=workspace_id)
    shown = letters.whole(found, masking.load(connection, workspace_id))
    event = shown["event"]
    edits = [_wire(edit) for edit in shown["edits"]]
    return _wire(shown) | {"event": event and _wire(event), "edits": edits}


def _events(connection: Connection, workspace_id: int) -> list[Shown]:
    rows = events.page(connection, workspace_id, events.EventFilter(), limit=EVENTS)
    return [_wire(row) for row in rows]


def _entries(connection: Connection, workspace_id: int) -> list[Shown]:
    rows = timeline.recent_entries(connection, workspace_id, limit=ENTRIES)
    return [_wire(row) | {"steps": [_wire(step) for step in row["steps"]]} for row in rows]


def _mails(connection: Connection, workspace_id: int) -> list[Shown]:
    """Without their bodies, which are fetched when somebody looks at one; secrets in a subject are masked here."""
    rows = deliveries.page(connection, workspace_id, limit=MAILS)
    causes = events.payloads(connection, {row.event_id for row in rows})
    secrets = masking.load(connection, workspace_id)
    return [
        _wire({name: getattr(row, name) for name in _MAIL_FIELDS})
        | {"subject": secrets.text(*causes.get(row.event_id, (None, None)), row.subject), "why": _why(row.reason)}
        for row in rows
    ]


def _letters(connection: Connection, workspace_id: int) -> list[Shown]:
    """Those that wait for somebody, without payloads."""
    rows = dead_letters.page(connection, workspace_id, state=dead_letters.OPEN, limit=LETTERS)
    secrets = masking.load(connection, workspace_id)
    return [_wire(letters.summary(row, secrets)) for row in rows]


def _why(reason: str | None) -> str:
    """A delivery's reason in words, and what the mail server said."""
    code, _, said = (reason or "").partition(":")
    return ": ".join(part for part in (REASONS.get(code, code), said.strip()) if part)


def _actions(connection: Connection, workspace_id: int) -> list[Shown]:
    rows = actions.recent(connection, workspace_id, limit=ACTIONS)
    return [_wire({name: getattr(row, name) for name in _ACTION_FIELDS}) for row in rows]


def _wire(row: Shown) -> Shown:
    """Ids as text, times as ISO 8601: the words of the API."""
    return dict(_member(name, value) for name, value in row.items())


def _member(name: str, value: Any) -> tuple[str, Any]:
    if name.endswith("_ms"):
        return name.removesuffix("_ms") + ("_at" if name != "at_ms" else ""), to_iso(value)
    if name == "id" or name.endswith("_id"):
        return name, value if value is None else str(value)
    return name, value


_LISTS: Final[dict[str, Callable[[Connection, int], list[Shown]]]] = {
    "events": _events,
    "entries": _entries,
    "mails": _mails,
    "actions": _actions,
    "letters": _letters,
}
_MAIL_FIELDS: Final = (
    *("id", "user_ext_id", "campaign", "template", "channel", "state", "reason", "to", "subject", "attempts"),
    *("created_ms", "closed_ms"),
)
_ACTION_FIELDS: Final = ("name", "sources", "secret", "count", "fields", "first_seen_ms", "last_seen_ms")
