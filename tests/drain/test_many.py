"""A batch may ask for more rows than a statement of SQL may name."""

import pytest

from cueline import events
from cueline.store.batch import runs
from tests.drain.pipe import Pipe


def limited(number: int) -> dict[str, object]:
    entry = {"limit": 1, "key": "event.order"}
    return {"key": f"c{number}", "kind": "rule", "trigger": {"action": "Seen"}, "entry": entry, "do": [{"points": 1}]}


def test_many_limited_campaigns_times_many_users_stay_one_transaction(pipe: Pipe) -> None:
    pipe.apply(campaigns=[limited(number) for number in range(120)])
    for number in range(300):
        pipe.action("Seen", user=f"u{number}", order="o1")
    pipe.drain()
    assert pipe.rows("dead_letters", "error") == []
    assert len(pipe.rows("events", "id", status=events.MATCHED)) == 300
    assert len(pipe.rows("runs", "id")) == 300 * 120
    # One for each partition at most: none was repeated entry by entry.
    assert len(pipe.reports) <= 2


def test_a_statement_that_cannot_be_sent_is_no_reason_to_wait_for_ever(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_PER_QUERY", 10**9)
    pipe.apply(campaigns=[limited(number) for number in range(120)])
    for number in range(300):
        pipe.action("Seen", user=f"u{number}", order="o1")
    pipe.drain()
    assert len(pipe.rows("runs", "id")) == 300 * 120
