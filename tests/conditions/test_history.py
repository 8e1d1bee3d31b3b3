"""Conditions that look back at a user's events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from cueline import clock, conditions
from cueline.conditions import MISSING, History, Moment
from cueline.errors import Problem
from cueline.triggers import Trigger

DAY = 86_400_000
NOW = 1_763_890_000_000
PAY = {"action": "PAY"}


@dataclass
class Happened:
    at_ms: int
    payload: dict[str, Any]

    @property
    def meta(self) -> dict[str, Any]:
        return {"time": clock.to_iso(self.at_ms), "source": "server"}


@dataclass
class Pasts:
    events: dict[Trigger, list[Happened]] = field(default_factory=dict)

    def of(self, trigger: Trigger) -> Sequence[Happened]:
        return self.events.get(trigger, [])

    def shown(self, trigger: Trigger, path: str | None, found: Any) -> Any:
        return found


PAID = [
    Happened(NOW - 8 * DAY, {"amount": 50, "to": "b"}),
    Happened(NOW, {"amount": "7.5", "to": "a"}),
    Happened(NOW - DAY, {"amount": 10, "to": "b"}),
    Happened(NOW - 2 * DAY, {"amount": "much"}),
]


def parse(document: object) -> tuple[conditions.Condition | None, list[Problem]]:
    problems: list[Problem] = []
    return conditions.parse(document, at="where", problems=problems), problems


def scope(events: Sequence[Happened] = PAID, **user: Any) -> dict[str, Any]:
    pasts = Pasts({Trigger("action", "PAY"): list(events)})
    return {"event": {"amount": 1}, "meta": {}, "user": user, "moment": Moment(NOW), "history": pasts}


def measured(events: Sequence[Happened] = PAID, **inside: Any) -> Any:
    condition, problems = parse({"history": {**PAY, **inside}, "op": "is_defined"})
    assert isinstance(condition, History), problems
    return condition.measured(scope(events))


def test_events_are_counted_in_the_span_and_ever() -> None:
    assert measured() == 4
    assert measured(within="7d") == 3
    assert measured(within="8d") == 4
    assert measured(within="1h") == 1
    assert measured([]) == 0


def test_only_those_that_meet_the_condition_count_and_it_sees_their_own_fields() -> None:
    assert measured(where={"path": "event.to", "op": "equals", "value": "b"}) == 2
    assert measured(where={"path": "event.amount", "op": "less_than", "value": 20}) == 2
    assert measured(where={"path": "meta.time", "op": "within_last", "value": "1d"}) == 2


@pytest.mark.parametrize(
    ("measure", "expected"),
    [("sum", 67.5), ("min", 7.5), ("max", 50), ("first", 50), ("last", "7.5")],
)
def test_a_field_is_measured_over_them_in_the_order_of_time(measure: str, expected: Any) -> None:
    assert measured(**{measure: "event.amount"}) == expected


def test_without_anything_to_measure_a_sum_is_zero_and_the_others_are_missing() -> None:
    assert measured([], sum="event.amount") == 0
    for measure in ("min", "max", "first", "last"):
        assert measured([], **{measure: "event.amount"}) is MISSING
        assert measured(**{measure: "event.nowhere"}) is MISSING


def test_how_long_ago_it_was() -> None:
    document = {"history": {**PAY, "where": {"path": "event.to", "op": "equals", "value": "b"}, "last": "meta.time"}}
    for op, value, expected in [("within_last", "1d", True), ("within_last", "1h", False), ("on", "2025-11-22", True)]:
        condition, problems = parse({**document, "op": op, "value": value})
        assert condition is not None, problems
        assert conditions.compile(condition)(scope()) is expected
        assert conditions.evaluate(condition, scope()).holds is expected


def test_the_user_of_a_condition_within_is_the_user_now() -> None:
    condition, _ = parse(
        {"history": {**PAY, "where": {"path": "user.vip", "op": "is_true"}}, "op": "at_least", "value": 1}
    )
    assert condition is not None
    assert conditions.compile(condition)(scope(vip=True))
    assert not conditions.compile(condition)(scope(vip=False))


def test_the_trace_says_what_was_measured() -> None:
    condition, _ = parse({"history": {**PAY, "sum": "event.amount"}, "op": "greater_than", "value": 100})
    assert condition is not None
    [said] = conditions.evaluate(condition, scope()).trace
    assert said == conditions.LeafVerdict("history.PAY", "greater_than", 100, 67.5, False)


@pytest.mark.parametrize(
    "document",
    [
        {"history": PAY, "op": "equals", "value": 3},
        {"history": {"link": "inbox", "within": "1w"}, "op": "is_defined"},
        {"history": {"event": "login", "max": "event.level"}, "op": "between", "value": [1, 2]},
        {"not": {"history": {**PAY, "where": {"path": "event.a", "op": "is_defined"}}, "op": "at_most", "value": 0}},
    ],
)
def test_what_was_read_is_written_again(document: Any) -> None:
    condition, problems = parse(document)
    assert condition is not None, problems
    assert conditions.to_document(condition) == document


INNER = {"path": "event.a", "op": "is_defined"}


@pytest.mark.parametrize(
    ("document", "place", "code"),
    [
        ({"history": {}, "op": "equals", "value": 3}, "where.history", "bad_trigger"),
        ({"history": "PAY", "op": "equals", "value": 3}, "where.history", "not_a_mapping"),
        ({"history": {**PAY, "link": "go"}, "op": "equals", "value": 3}, "where.history", "bad_trigger"),
        ({"history": {"action": ""}, "op": "equals", "value": 3}, "where.history.action", "bad_name"),
        ({"history": {**PAY, "within": "a week"}, "op": "equals", "value": 3}, "where.history.within", "bad_duration"),
        ({"history": {**PAY, "since": "7d"}, "op": "equals", "value": 3}, "where.history.since", "unknown_key"),
        ({"history": {**PAY, "sum": "amount"}, "op": "equals", "value": 3}, "where.history.sum", "bad_path"),
        ({"history": {**PAY, "sum": "user.a"}, "op": "equals", "value": 3}, "where.history.sum", "bad_path"),
        (
            {"history": {**PAY, "sum": "event.a", "max": "event.a"}, "op": "equals", "value": 3},
            "where.history",
            "several_measures",
        ),
        ({"history": PAY, "op": "contains", "value": "a"}, "where.op", "operator_does_not_fit"),
        ({"history": PAY, "op": "more", "value": 3}, "where.op", "unknown_operator"),
        ({"history": PAY}, "where.op", "missing_key"),
        (
            {"history": {**PAY, "where": {"path": "x"}}, "op": "equals", "value": 3},
            "where.history.where.path",
            "bad_path",
        ),
        (
            {"history": {**PAY, "where": {"history": PAY, "op": "is_defined"}}, "op": "equals", "value": 3},
            "where.history.where.history",
            "nested_history",
        ),
        ({"path": "event.a", "any": {"history": PAY, "op": "is_defined"}}, "where.any.history", "nested_history"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(document: Any, place: str, code: str) -> None:
    condition, problems = parse(document)
    assert condition is None
    assert (place, code) in [(problem.path, problem.code) for problem in problems]
