"""Conditions on the members of a list."""

from __future__ import annotations

from typing import Any

import pytest

from cueline import conditions
from cueline.errors import Problem

DEAR = {"path": "item.price", "op": "greater_than", "value": 100}
ITEMS = [{"sku": "a", "price": 50, "tags": ["new"]}, {"sku": "b", "price": "150", "tags": []}]


def parse(document: object) -> tuple[conditions.Condition | None, list[Problem]]:
    problems: list[Problem] = []
    return conditions.parse(document, at="where", problems=problems), problems


def holds(document: dict[str, Any], items: Any, **user: Any) -> bool:
    condition, problems = parse(document)
    assert condition is not None, problems
    scope = {"event": {"items": items}, "meta": {}, "user": user}
    verdict = conditions.evaluate(condition, scope)
    assert conditions.compile(condition)(scope) is verdict.holds
    assert parse(conditions.to_document(condition))[0] == condition
    return verdict.holds


@pytest.mark.parametrize(
    ("quantifier", "items", "expected"),
    [
        ("any", ITEMS, True),
        ("all", ITEMS, False),
        ("all", ITEMS[1:], True),
        ("any", ITEMS[:1], False),
        ("any", [], False),
        ("all", [], False),
        ("all", "text", False),
        ("any", {"price": 150}, False),
        ("any", [150, None, "x", {"price": 101}], True),
        ("all", None, False),
    ],
)
def test_any_member_or_all_of_them_and_never_of_an_empty_list(quantifier: str, items: Any, *, expected: bool) -> None:
    assert holds({"path": "event.items", quantifier: DEAR}, items) is expected


def test_one_member_must_meet_the_whole_condition_inside() -> None:
    both = {"all": [DEAR, {"path": "item.sku", "op": "equals", "value": "a"}]}
    assert not holds({"path": "event.items", "any": both}, ITEMS)
    assert holds({"path": "event.items", "any": {"any": both["all"]}}, ITEMS)


def test_a_member_may_be_no_mapping_and_is_then_the_item_itself() -> None:
    assert holds({"path": "event.items", "any": {"path": "item", "op": "starts_with", "value": "b"}}, ["a", "bc"])
    assert holds({"path": "event.items", "all": {"path": "item", "op": "at_least", "value": 2}}, [2, "3"])


def test_inside_the_user_is_seen_as_well_and_a_list_within_a_member() -> None:
    inside = {"path": "item.tags", "any": {"path": "item", "op": "equals", "value": "new"}}
    assert holds({"path": "event.items", "any": inside}, ITEMS)
    mine = {"all": [inside, {"path": "user.vip", "op": "is_true"}]}
    assert holds({"path": "event.items", "any": mine}, ITEMS, vip=True)
    assert not holds({"path": "event.items", "any": mine}, ITEMS, vip=False)


def test_the_trace_says_what_the_list_was_and_what_was_wanted_of_a_member() -> None:
    condition, _ = parse({"path": "event.items", "any": DEAR})
    assert condition is not None
    [said] = conditions.evaluate(condition, {"event": {"items": ITEMS[:1]}, "meta": {}, "user": {}}).trace
    assert said == conditions.LeafVerdict("event.items", "any", DEAR, ITEMS[:1], False)


@pytest.mark.parametrize(
    ("document", "place", "code"),
    [
        ({"path": "item.price", "op": "is_defined"}, "where.path", "bad_path"),
        ({"path": "event.items", "any": [DEAR]}, "where.any", "bad_condition"),
        ({"path": "event.items", "all": {}}, "where.all", "bad_condition"),
        ({"path": "event.items", "any": DEAR, "all": DEAR}, "where", "bad_condition"),
        ({"path": "event.items", "any": DEAR, "op": "equals"}, "where.op", "unknown_key"),
        ({"path": "event.items", "any": {"path": "item..a", "op": "is_defined"}}, "where.any.path", "bad_path"),
        ({"path": "event.items", "any": {"path": "nowhere.a", "op": "is_defined"}}, "where.any.path", "bad_path"),
        ({"all": [{"path": "event.items", "any": DEAR}, DEAR]}, "where.all[1].path", "bad_path"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(document: object, place: str, code: str) -> None:
    condition, problems = parse(document)
    assert condition is None
    assert [(problem.path, problem.code) for problem in problems] == [(place, code)]


def test_lists_within_lists_count_as_depth() -> None:
    document: dict[str, Any] = {"path": "item", "op": "is_defined"}
    for _ in range(8):
        document = {"path": "item.a", "any": document}
    _, problems = parse({"path": "event.a", "any": document["any"]["any"]})
    assert not problems
    _, problems = parse({**document, "path": "event.a"})
    assert [problem.code for problem in problems] == ["too_deep"]
