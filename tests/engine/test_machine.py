"""The engine against a small, obvious model, however the events fall into batches."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from cueline import events
from cueline.events import Event
from tests.engine.memory import HOLD_MS, Memory, live

STEP_MS = 7 * 60_000
RULES = [
    {
        "key": "capped",
        "kind": "rule",
        "trigger": {"action": "A"},
        "entry": {"limit": 2, "window": "1h"},
        "do": [{"points": 1}],
    },
    {"key": "each", "kind": "rule", "trigger": {"action": "B"}, "do": [{"tag": {"add": ["b"]}}]},
    {"key": "linked", "kind": "rule", "trigger": {"link": "inbox"}, "do": [{"tag": {"add": ["inbox"]}}]},
]

steps = st.tuples(
    st.sampled_from(["A", "B", "dp:action&action=A", "dp:inbox", "dp:action", "login"]),
    st.sampled_from(["v1", "v2"]),
    st.sampled_from([None, None, "ada", "bob"]),
    st.integers(0, 3),
)
histories = st.lists(steps, max_size=25)
cuts = st.lists(st.integers(0, 25), max_size=6)


def make_events(history: list[tuple[str, str, str | None, int]]) -> list[Event]:
    now = 1_763_890_000_000
    made = []
    for number, (what, visitor, user, pause) in enumerate(history, 1):
        now += pause * STEP_MS
        is_link = what.startswith("dp:")
        type_ = events.DEEP_LINK if is_link else events.LOGIN if what == "login" else events.CLIENT_ACTION
        payload = {"link": what} if is_link else {"client_action": what} if what != "login" else {}
        made.append(
            Event(
                number,
                1,
                f"b:{visitor}",
                f"e{number}",
                type_,
                payload,
                events.LINK if is_link else events.BROWSER,
                now,
                now,
                visitor,
                user,
            )
        )
    return made


def model(batch: list[Event]) -> dict[int, tuple[str, str | None]]:
    """(status, user) of each event: the rules of hold, release and expiry, and a cap of 2 an hour, spelled out."""
    said: dict[int, tuple[str, str | None]] = {}
    held: dict[str, list[Event]] = {}
    entered: dict[str, list[int]] = {}

    def decide(event: Event, user: str, now: int) -> None:
        what = event.payload.get("link") or event.payload.get("client_action")
        if what == "dp:action":
            said[event.id] = (events.REFUSED, user)
        elif what in ("A", "dp:action&action=A"):
            recent = [ms for ms in entered.setdefault(user, []) if ms > now - 3_600_000]
            fits = len(recent) < 2
            entered[user] += [now] if fits else []
            said[event.id] = (events.MATCHED if fits else events.UNMATCHED, user)
        else:
            said[event.id] = (events.MATCHED if what in ("B", "dp:inbox") else events.UNMATCHED, user)

    for event in batch:
        visitor = event.visitor_id or ""
        if event.user_ext_id is None:
            said[event.id] = (events.HELD, None)
            held.setdefault(visitor, []).append(event)
            continue
        for one in held.pop(visitor, []):
            if event.received_ms - one.received_ms > HOLD_MS:
                said[one.id] = (events.EXPIRED, None)
            else:
                decide(one, event.user_ext_id, event.received_ms)
        decide(event, event.user_ext_id, event.received_ms)
    return said


@settings(max_examples=400, deadline=None)
@given(histories, cuts)
def test_every_event_ends_as_the_model_says_however_it_is_batched(
    history: list[tuple[str, str, str | None, int]], where: list[int]
) -> None:
    made = make_events(history)
    memory = Memory(live(*RULES))
    edges = sorted({0, len(made), *(cut for cut in where if cut < len(made))})
    for start, end in itertools.pairwise(edges):
        memory.run(made[start:end])
    found = {id_: (row.status, memory.ext_id(row.user_id)) for id_, row in memory.rows.items()}
    assert found == model(made)


@settings(max_examples=200, deadline=None)
@given(histories, cuts)
def test_balances_are_the_ledgers_sums(history: list[tuple[str, str, str | None, int]], where: list[int]) -> None:
    made = make_events(history)
    memory = Memory(live(*RULES))
    edges = sorted({0, len(made), *(cut for cut in where if cut < len(made))})
    for start, end in itertools.pairwise(edges):
        memory.run(made[start:end])
    for user in memory.users.values():
        booked = sum(e.amount for out in memory.outcomes for e in out.ledger if e.user_id == user.id)
        assert user.points.get("default", 0) == booked
