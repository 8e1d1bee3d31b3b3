"""What a batch decided: rows to write, in the order they came about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from cueline.events import Event, Payload


class Decided(Struct):
    """An event and what became of it. `was_held`: its row exists and is updated, else it is inserted."""

    event: Event
    type: str
    payload: Payload
    source: str
    status: str
    action: str | None = None
    verb: str | None = None
    link: str | None = None
    reason: str | None = None
    user_id: int | None = None
    decided_ms: int | None = None
    was_held: bool = False
    matches: list[dict[str, Any]] = []


@dataclass(frozen=True, slots=True)
class Run:
    id: int
    workspace_id: int
    campaign_id: int
    version: int
    user_id: int
    entry_key: str
    event_id: int
    entered_ms: int
    steps: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    id: int
    workspace_id: int
    user_id: int
    currency: str
    amount: int
    run_id: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Delivery:
    id: int
    workspace_id: int
    run_id: int
    user_id: int
    event_id: int
    channel: str
    template: str
    hops: int
    due_ms: int


@dataclass(slots=True)
class Sighting:
    """What one batch saw of an action; `fields`: payload path -> types; `shapes`: payloads that add nothing more."""

    count: int
    first_ms: int
    last_ms: int
    fields: dict[str, set[str]] = field(default_factory=dict)
    shapes: set[tuple[object, ...]] = field(default_factory=set)


@dataclass(slots=True)
class Visit:
    """A visitor seen in this batch; `user_id` None: nobody logged in."""

    first_ms: int
    last_ms: int
    user_id: int | None = None


@dataclass(slots=True)
class Outcome:
    decided: dict[int, Decided] = field(default_factory=dict)  # by event id, in order
    runs: list[Run] = field(default_factory=list)
    ledger: list[LedgerEntry] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    nonces: list[tuple[int, str, int, int]] = field(default_factory=list)  # workspace, nonce, event id, ms
    sightings: dict[tuple[int, str], Sighting] = field(default_factory=dict)  # by workspace and name
    visits: dict[tuple[int, str], Visit] = field(default_factory=dict)  # by workspace and visitor_id
