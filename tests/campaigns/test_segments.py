"""Named conditions on users: reading, naming each other, circles."""

from __future__ import annotations

from typing import Any

import pytest

from cueline import conditions
from cueline.campaigns import document
from cueline.campaigns.checks import Known, check
from cueline.campaigns.segments import resolved
from cueline.campaigns.spec import Segment

VIP = {"path": "user.tags", "op": "contains", "value": "vip"}


def segment(key: str, where: Any) -> dict[str, Any]:
    return {"key": key, "where": where}


def campaign(where: Any) -> dict[str, Any]:
    return {"key": "c", "kind": "rule", "trigger": {"action": "A"}, "where": where, "do": [{"tag": {"add": ["x"]}}]}


def found(segments: list[Any], *, where: Any = None, known: Known | None = None) -> list[tuple[str, str]]:
    parsed = document.parse({"segments": segments, "campaigns": [campaign(where)]})
    problems = [*parsed.problems, *check(parsed.document, known or Known())]
    return [(problem.path, problem.code) for problem in problems if problem.level == "error"]


def segments_of(*entries: Any) -> dict[str, Segment]:
    parsed = document.parse({"segments": list(entries)})
    assert parsed.is_valid, parsed.problems
    return {one.key: one for one in parsed.document.segments}


def test_a_condition_may_name_a_segment_that_names_another() -> None:
    assert not found([segment("a", {"not": {"segment": "b"}}), segment("b", VIP)], where={"segment": "a"})


def test_one_that_is_published_already_counts_as_well() -> None:
    assert not found([], where={"segment": "b"}, known=Known(segments=segments_of(segment("b", VIP))))


def test_one_that_nobody_knows_is_an_error_wherever_it_is_named() -> None:
    history = {"history": {"action": "A", "where": {"segment": "c"}}, "op": "equals", "value": 1}
    wheres = {"all": [{"any": [{"segment": "a"}]}, {"not": {"segment": "b"}}, history]}
    members = {"path": "event.items", "any": {"segment": "d"}}
    assert found([], where={"all": [wheres, members]}) == [
        ("campaigns[0].where.all[0].all[0].any[0].segment", "unknown_segment"),
        ("campaigns[0].where.all[0].all[1].not.segment", "unknown_segment"),
        ("campaigns[0].where.all[0].all[2].history.where.segment", "unknown_segment"),
        ("campaigns[0].where.all[1].any.segment", "unknown_segment"),
    ]


@pytest.mark.parametrize(
    "circle",
    [
        [segment("a", {"segment": "a"})],
        [segment("a", {"segment": "b"}), segment("b", {"not": {"segment": "a"}})],
        [
            segment("a", {"segment": "b"}),
            segment("b", {"segment": "c"}),
            segment("c", {"any": [VIP, {"segment": "a"}]}),
        ],
    ],
)
def test_a_circle_is_an_error_at_each_of_its_members(circle: list[dict[str, Any]]) -> None:
    codes = [code for _, code in found(circle, where={"segment": "a"})]
    assert codes == ["segment_cycle"] * len(circle)


def test_a_circle_that_closes_over_what_is_published_is_an_error() -> None:
    known = Known(segments=segments_of(segment("a", VIP), segment("b", {"segment": "a"})))
    assert found([segment("a", {"segment": "b"})], known=known) == [("segments[0].where.segment", "segment_cycle")]


@pytest.mark.parametrize(
    ("entry", "place", "code"),
    [
        ({"where": VIP}, "segments[0]", "missing_key"),
        ({"key": "a"}, "segments[0]", "missing_key"),
        ({"key": "a b", "where": VIP}, "segments[0].key", "bad_key"),
        (segment("a", {"path": "event.a", "op": "is_defined"}), "segments[0].where.path", "bad_path"),
        (segment("a", {"path": "meta.url", "op": "is_defined"}), "segments[0].where.path", "bad_path"),
        (segment("a", {"segment": 5}), "segments[0].where.segment", "bad_key"),
        (segment("a", {"segment": "b", "op": "equals"}), "segments[0].where.op", "unknown_key"),
        ({"key": "a", "where": VIP, "name": ""}, "segments[0].name", "bad_text"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(entry: Any, place: str, code: str) -> None:
    parsed = document.parse({"segments": [entry]})
    assert [problem.code for problem in parsed.problems] == [code]
    assert parsed.problems[0].path.startswith(place)


def test_in_a_history_of_a_segment_the_past_event_is_seen() -> None:
    past = {"action": "PAY", "where": {"path": "event.amount", "op": "greater_than", "value": 5}}
    assert not found([segment("a", {"history": past, "op": "at_least", "value": 1})])


def test_resolved_it_says_what_the_segments_say() -> None:
    meanings = resolved(segments_of(segment("a", {"not": {"segment": "b"}}), segment("b", VIP)))
    condition = conditions.parse({"all": [{"segment": "a"}]}, at="where", problems=[])
    assert condition is not None
    with pytest.raises(ValueError, match='"a"'):
        conditions.compile(condition)
    known = condition.resolved(meanings)
    for tags, expected in ([], True), (["vip"], False):
        scope = {"event": {}, "meta": {}, "user": {"tags": tags}}
        assert conditions.compile(known)(scope) is expected
        assert conditions.evaluate(known, scope).holds is expected
    [said] = conditions.evaluate(known, {"event": {}, "meta": {}, "user": {"tags": ["vip"]}}).trace
    assert said.path == "user.tags"
    assert conditions.to_document(known) == {"all": [{"segment": "a"}]}


def test_circles_and_what_names_them_are_left_out_when_resolved() -> None:
    circle = segments_of(
        segment("a", {"segment": "b"}),
        segment("b", {"segment": "a"}),
        segment("c", {"segment": "a"}),
        segment("d", VIP),
    )
    assert set(resolved(circle)) == {"d"}


def test_a_long_chain_and_a_tree_that_doubles_are_errors_and_not_a_loop_or_a_deep_stack() -> None:
    chain = [segment(f"s{n}", {"segment": f"s{n + 1}"}) for n in range(3_000)] + [segment("s3000", VIP)]
    assert found(chain) == [("segments", "segment_too_large")]
    twice = [segment(f"t{n}", {"all": [{"segment": f"t{n + 1}"}] * 3}) for n in range(5)] + [segment("t5", VIP)]
    assert found(twice) == [("segments", "segment_too_large")]
    assert not found(twice[1:])


def test_a_change_that_makes_a_published_one_too_large_is_an_error() -> None:
    known = Known(
        segments=segments_of(*(segment(f"s{n}", {"segment": f"s{n + 1}"}) for n in range(7)), segment("s7", VIP))
    )
    assert not found([segment("s7", {"not": VIP})], known=known)
    assert found([segment("s7", {"segment": "s8"}), segment("s8", VIP)], known=known) == [
        ("segments", "segment_too_large")
    ]
