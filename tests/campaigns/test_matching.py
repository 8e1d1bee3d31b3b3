"""The index finds what a scan of all campaigns finds, and does not look at the others."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline import conditions
from cueline.campaigns.effects.points import Points
from cueline.campaigns.matching import Index, LiveCampaign
from cueline.campaigns.spec import Rule
from cueline.triggers import Trigger

VALUES = st.sampled_from(
    [*("ABC", "abc", "150", "150.0", "1", "true", "2026-11-23", "2026-11-23T00:00Z", ""), 150, 150.0, 1, 0, True, False]
)
FOUND = st.one_of(VALUES, st.none(), st.lists(VALUES, max_size=1))
LEAF = st.builds(
    lambda path, op, value: {"path": path, "op": op, "value": value},
    st.sampled_from(["event.a", "event.b", "event.c.d", "meta.source"]),
    st.sampled_from(["equals", "equals", "equals", "not_equals"]),
    VALUES,
)
WHERE = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds(lambda nodes: {"all": nodes}, st.lists(inner, max_size=3)),
        st.builds(lambda nodes: {"any": nodes}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(lambda node: {"not": node}, inner),
    ),
    max_leaves=4,
)
PAYLOAD = st.dictionaries(st.sampled_from(["a", "b"]), FOUND) | st.builds(
    lambda value: {"c": {"d": value}, "a": value}, FOUND
)


def live(id_: int, where: object, *, name: str = "A", workspace_id: int = 1) -> LiveCampaign:
    condition = conditions.parse(where, at="where", problems=[])
    assert condition is not None
    rule = Rule(f"k{id_}", Trigger("action", name), (Points(1),), where=condition)
    return LiveCampaign(id_, 1, workspace_id, rule, conditions.compile(condition))


def equals(path: str, value: object) -> dict[str, Any]:
    return {"path": path, "op": "equals", "value": value}


@given(st.lists(WHERE, max_size=12), PAYLOAD)
def test_the_index_finds_what_a_scan_finds(wheres: list[Any], payload: dict[str, Any]) -> None:
    campaigns = [live(id_, where) for id_, where in enumerate(wheres)]
    index = Index.build(reversed(campaigns))
    candidates = index.candidates("action", "A", payload)
    scope = {"event": payload, "meta": {"source": "server"}, "user": {}}
    assert [c.id for c in candidates if c.holds(scope)] == [c.id for c in campaigns if c.holds(scope)]
    assert [c.id for c in candidates] == sorted({c.id for c in candidates})
    assert index.triggered("action", "A") == len(campaigns)


@pytest.mark.parametrize(
    ("wanted", "found", "is_candidate"),
    [
        ("150", 150, True),
        (150, "150.0", True),
        ("150", "150.0", False),
        (150.0, 150, True),
        (1, True, False),
        (True, 1, False),
        (True, True, True),
        ("2026-11-23", "2026-11-23T00:00:00Z", True),
        ("ABC", "abc", False),
        ("ABC", None, False),
    ],
)
def test_the_index_agrees_with_the_operator(wanted: object, found: object, is_candidate: bool) -> None:
    index = Index.build([live(1, equals("event.a", wanted))])
    assert bool(index.candidates("action", "A", {"a": found})) is is_candidate


def test_campaigns_of_other_triggers_are_no_candidates() -> None:
    index = Index.build([live(1, None), live(2, None, name="B")])
    assert [c.id for c in index.candidates("action", "A", {})] == [1]
    assert list(index.candidates("event", "A", {})) == []
    assert list(index.candidates("action", "C", {})) == []
    assert index.triggered("action", "C") == 0


def test_one_index_does_not_mix_workspaces() -> None:
    with pytest.raises(ValueError, match="one index per workspace"):
        Index.build([live(1, None), live(2, None, workspace_id=2)])


def test_the_value_that_tells_campaigns_apart_is_the_one_indexed() -> None:
    prize = equals("event.prize", "ABC")
    index = Index.build(live(n, {"all": [prize, equals("event.code", f"c{n}")]}) for n in range(50))
    assert [c.id for c in index.candidates("action", "A", {"prize": "ABC", "code": "c7"})] == [7]


def calls_per_match(index: Index, payload: dict[str, Any]) -> int:
    """How many calls, of Python or C, one look-up makes."""
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        index.candidates("action", "A", payload)
    finally:
        sys.setprofile(None)
    return calls


def test_many_campaigns_on_one_action_cost_no_more_than_ten() -> None:
    payload = {"code": "c7", "prize": "ABC"}
    few = Index.build(live(n, equals("event.code", f"c{n}")) for n in range(10))
    many = Index.build(live(n, equals("event.code", f"c{n}")) for n in range(20_000))
    assert len(many.candidates("action", "A", payload)) == 1
    assert calls_per_match(many, payload) == calls_per_match(few, payload)
