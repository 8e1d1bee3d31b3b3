"""From documents to the tree, and every way in which a document can be wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cueline import conditions
from cueline.conditions.reading import MAX_DEPTH, MAX_NODES
from cueline.errors import Problem

LEAF = {"path": "event.amount", "op": "greater_than", "value": 100}


def read(document: object) -> tuple[conditions.Condition | None, list[Problem]]:
    problems: list[Problem] = []
    return conditions.parse(document, at="campaigns[0].where", problems=problems), problems


def problem_of(document: object) -> Problem:
    condition, problems = read(document)
    assert condition is None
    assert len(problems) == 1, problems
    json.dumps(problems[0].as_dict())
    return problems[0]


def nested(depth: int) -> dict[str, Any]:
    return LEAF if depth == 1 else {"not": nested(depth - 1)}


@pytest.mark.parametrize("document", [None, {}, {"all": []}])
def test_an_empty_condition_always_holds(document: object) -> None:
    condition, problems = read(document)
    assert condition is not None
    assert not problems
    assert conditions.compile(condition)({"event": {}, "meta": {}, "user": {}})
    assert conditions.to_document(condition) == {}


@pytest.mark.parametrize(
    "document",
    [
        LEAF,
        {"all": [LEAF]},
        {"any": [LEAF, {"not": LEAF}]},
        {"all": [{"all": []}, {"path": "user.points.default", "op": "is_defined"}]},
        {"path": "meta.source", "op": "equals", "value": "server"},
        {"path": "user.first name", "op": "contains", "value": "a"},
        {"path": "event.vip", "op": "equals", "value": False},
    ],
)
def test_what_was_read_is_written_again(document: object) -> None:
    condition, problems = read(document)
    assert not problems
    assert condition is not None
    assert conditions.to_document(condition) == document


@pytest.mark.parametrize(
    ("document", "path", "code"),
    [
        ([], "", "not_a_mapping"),
        ("event.amount", "", "not_a_mapping"),
        (5, "", "not_a_mapping"),
        ({"or": [LEAF]}, "", "bad_condition"),
        ({"op": "equals", "value": 1}, "", "bad_condition"),
        ({"all": [LEAF], "any": [LEAF]}, "", "bad_condition"),
        ({"all": [{}]}, ".all[0]", "bad_condition"),
        ({"all": LEAF}, ".all", "not_a_list"),
        ({"any": "x"}, ".any", "not_a_list"),
        ({"any": []}, ".any", "empty_any"),
        ({"not": [LEAF]}, ".not", "not_a_mapping"),
        ({"not": None}, ".not", "not_a_mapping"),
        ({"not": LEAF, "note": 1}, ".note", "unknown_key"),
        ({**LEAF, "values": 1}, ".values", "unknown_key"),
        ({"all": [LEAF, {**LEAF, "op": "equalz"}]}, ".all[1].op", "unknown_operator"),
        ({**LEAF, "op": None}, ".op", "unknown_operator"),
        ({**LEAF, "op": ["equals"]}, ".op", "unknown_operator"),
        ({"path": "event.a", "value": 1}, ".op", "missing_key"),
        ({"path": "event.a", "op": "equals"}, ".value", "missing_value"),
        ({"path": "event.a", "op": "equals", "value": None}, ".value", "missing_value"),
        ({"path": "event.a", "op": "equals", "value": [1]}, ".value", "bad_value"),
        ({"path": "event.a", "op": "greater_than", "value": "much"}, ".value", "bad_value"),
        ({"path": "event.a", "op": "is_defined", "value": 1}, ".value", "unwanted_value"),
        ({**LEAF, "path": 5}, ".path", "bad_path"),
        ({**LEAF, "path": ""}, ".path", "bad_path"),
        ({**LEAF, "path": "amount"}, ".path", "bad_path"),
        ({**LEAF, "path": "event"}, ".path", "bad_path"),
        ({**LEAF, "path": "event."}, ".path", "bad_path"),
        ({**LEAF, "path": "event..a"}, ".path", "bad_path"),
        ({**LEAF, "path": "run.step"}, ".path", "bad_path"),
        ({**LEAF, "path": "history.X"}, ".path", "bad_path"),
        ({**LEAF, "path": "meta.sauce"}, ".path", "bad_path"),
        ({**LEAF, "path": "user.points"}, ".path", "bad_path"),
        ({**LEAF, "path": "user.tags.vip"}, ".path", "bad_path"),
        ({**LEAF, "path": "event." + "a." * 20 + "b"}, ".path", "bad_path"),
        ({**LEAF, "path": "event." + "a" * 400}, ".path", "bad_path"),
        ({**LEAF, "path": "event.a\x00"}, ".path", "bad_path"),
        (nested(MAX_DEPTH + 1), ".not" * MAX_DEPTH, "too_deep"),
        ({"all": [LEAF] * MAX_NODES}, f".all[{MAX_NODES - 1}]", "too_many_nodes"),
        ({"all": [LEAF] * 100_000}, f".all[{MAX_NODES - 1}]", "too_many_nodes"),
    ],
)
def test_a_broken_condition_gives_one_problem_with_its_path(document: object, path: str, code: str) -> None:
    problem = problem_of(document)
    assert (problem.path, problem.code) == (f"campaigns[0].where{path}", code)


def test_the_limits_themselves_are_allowed() -> None:
    assert read(nested(MAX_DEPTH))[0] is not None
    assert read({"all": [LEAF] * (MAX_NODES - 1)})[0] is not None


def test_the_nodes_of_all_groups_are_counted_together() -> None:
    group = {"all": [LEAF] * 99}
    assert read({"any": [group, {"all": [LEAF] * 98}]})[0] is not None
    assert problem_of({"any": [group, {"all": [LEAF] * 99}]}).code == "too_many_nodes"


def test_an_unknown_operator_gets_a_suggestion_and_all_that_are_allowed() -> None:
    problem = problem_of({**LEAF, "op": "greater_then"})
    assert 'Did you mean "greater_than"?' in problem.message
    assert "is_not_defined" in problem.allowed
    assert problem.value == "greater_then"


@pytest.mark.parametrize("root", ["run", "history", "evnt"])
def test_a_root_that_is_not_there_names_those_that_are(root: str) -> None:
    assert problem_of({**LEAF, "path": f"{root}.a"}).allowed == ("event.", "meta.", "user.")


def test_every_broken_leaf_is_told_at_once() -> None:
    _, problems = read({"all": [{**LEAF, "op": "x"}, LEAF, {**LEAF, "path": "y", "op": "z"}]})
    assert [problem.path for problem in problems] == [
        "campaigns[0].where.all[0].op",
        "campaigns[0].where.all[2].path",
        "campaigns[0].where.all[2].op",
    ]
