"""What counts as the same entry, and how many are allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.campaigns.entry import LIMIT_REACHED, MAX_KEY_LENGTH, TOO_OLD, entry_key, may_enter
from cueline.campaigns.spec import DAY_MS, Entry
from cueline.events import Event, browser_sender

NOON_MS = 1_795_435_200_000  # 2026-11-23T12:00Z, a Monday
HOUR_MS = 3_600_000


def event(
    payload: Mapping[str, Any] | None = None,
    *,
    eid: str = "e1",
    source: str = "server",
    sender: str = "s",
    at_ms: int = NOON_MS,
    received_ms: int = NOON_MS,
) -> Event:
    return Event(
        id=1,
        workspace_id=1,
        sender=sender,
        eid=eid,
        type="client_action",
        payload=payload or {},
        source=source,
        at_ms=at_ms,
        received_ms=received_ms,
    )


def test_every_event_is_an_entry_of_its_own_by_default() -> None:
    assert entry_key(Entry(), event(eid="e1")) == entry_key(Entry(), event(eid="e1"))
    assert entry_key(Entry(), event(eid="e1")) != entry_key(Entry(), event(eid="e2"))


def test_a_browser_cannot_burn_the_entry_of_a_servers_eid() -> None:
    browser = event(eid="e1", source="browser", sender=browser_sender("v"))
    assert entry_key(Entry(), browser) != entry_key(Entry(), event(eid="e1"))


@pytest.mark.parametrize(("key", "wanted"), [("once", "once"), ("day", "day:2026-11-23"), ("week", "week:2026-W48")])
def test_periods_are_keys(key: str, wanted: str) -> None:
    assert entry_key(Entry(key=key), event()) == wanted


def test_a_week_belongs_to_its_iso_year() -> None:
    assert entry_key(Entry(key="week"), event(at_ms=1_609_459_200_000)) == "week:2020-W53"  # 2021-01-01


def test_a_day_is_one_of_its_zone() -> None:
    late = event(at_ms=NOON_MS + 11 * HOUR_MS + 1_800_000)
    assert entry_key(Entry(key="day"), late) == "day:2026-11-23"
    assert entry_key(Entry(key="day"), late, zone=ZoneInfo("Europe/Rome")) == "day:2026-11-24"


@pytest.mark.parametrize("source", ["browser", "link", "signed_link"])
def test_a_page_cannot_choose_its_day(source: str) -> None:
    backdated = event(source=source, sender="b:v", at_ms=NOON_MS - 2 * DAY_MS)
    assert entry_key(Entry(key="day"), backdated) == "day:2026-11-23"


def test_a_server_may_tell_of_yesterday() -> None:
    assert entry_key(Entry(key="day"), event(at_ms=NOON_MS - DAY_MS)) == "day:2026-11-22"


@pytest.mark.parametrize(
    ("one", "other"),
    [("150", 150), (150, 150.0), ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ("true", True)],
)
def test_a_field_of_the_same_value_is_the_same_entry(one: Any, other: Any) -> None:
    entry = Entry(key="event.order")
    assert entry_key(entry, event({"order": one})) == entry_key(entry, event({"order": other}))


def test_fields_of_other_values_are_other_entries() -> None:
    entry = Entry(key="event.order.number")
    keys = {entry_key(entry, event({"order": {"number": value}})) for value in (1, "2", "a", [1], {"a": 1}, "x" * 500)}
    assert len(keys) == 6
    assert all(key is not None and len(key) <= MAX_KEY_LENGTH for key in keys)


@pytest.mark.parametrize("payload", [{}, {"order": None}, {"order": float("nan")}])
def test_without_the_field_nobody_enters(payload: dict[str, Any]) -> None:
    assert entry_key(Entry(key="event.order"), event(payload)) is None


def test_the_field_of_a_deep_link_is_in_its_decoded_payload() -> None:
    link = event({"link": "dp:action&action=A&order=7"})
    assert entry_key(Entry(key="event.order"), link, payload={"order": "7"}) == "field:7"


@pytest.mark.parametrize("key", ["eid", "once", "day", "event.order"])
def test_a_signature_enters_once_whatever_the_policy(key: str) -> None:
    assert entry_key(Entry(key=key), event(), signature="abc") == "signature:abc"


def test_a_long_eid_is_hashed() -> None:
    long = {entry_key(Entry(), event(eid="e" * 128, sender="b:" + "v" * 127 + end)) for end in "xy"}
    assert len(long) == 2
    assert all(key is not None and len(key) <= MAX_KEY_LENGTH for key in long)


def test_the_window_rolls() -> None:
    entry = Entry(limit=2, window_ms=DAY_MS)
    earlier = [NOON_MS - DAY_MS + 1, NOON_MS - HOUR_MS]
    assert may_enter(entry, now_ms=NOON_MS, at_ms=NOON_MS, earlier_ms=earlier) == LIMIT_REACHED
    assert may_enter(entry, now_ms=NOON_MS + 1, at_ms=NOON_MS, earlier_ms=earlier) is None


def test_a_limit_without_a_window_is_for_ever() -> None:
    entry = Entry(limit=1)
    assert may_enter(entry, now_ms=NOON_MS, at_ms=NOON_MS, earlier_ms=[]) is None
    assert may_enter(entry, now_ms=NOON_MS, at_ms=NOON_MS, earlier_ms=[0]) == LIMIT_REACHED


def test_an_entry_in_the_future_of_a_clock_that_went_back_counts() -> None:
    entry = Entry(limit=1, window_ms=DAY_MS)
    assert may_enter(entry, now_ms=NOON_MS, at_ms=NOON_MS, earlier_ms=[NOON_MS + HOUR_MS]) == LIMIT_REACHED


def test_an_event_that_is_too_old_does_not_enter() -> None:
    assert may_enter(Entry(), now_ms=NOON_MS, at_ms=NOON_MS - DAY_MS, earlier_ms=[]) is None
    assert may_enter(Entry(), now_ms=NOON_MS, at_ms=NOON_MS - DAY_MS - 1, earlier_ms=[]) == TOO_OLD


@given(st.lists(st.integers(0, 1_000), max_size=40), st.integers(1, 4), st.integers(1, 100))
def test_no_window_ever_holds_more_than_the_limit(moments: list[int], limit: int, window: int) -> None:
    entry = Entry(limit=limit, window_ms=window)
    entered: list[int] = []
    for now in sorted(moments):
        if may_enter(entry, now_ms=now, at_ms=now, earlier_ms=entered) is None:
            entered.append(now)
    for start in entered:
        assert sum(start <= ms < start + window for ms in entered) <= limit
