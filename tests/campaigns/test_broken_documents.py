"""Whatever is wrong in a document: one clear error, with its path, quickly, never an exception."""

from __future__ import annotations

import datetime
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cueline.campaigns.document import parse
from cueline.errors import Problem

RULE: dict[str, Any] = {
    "key": "a",
    "kind": "rule",
    "trigger": {"action": "A"},
    "do": [{"points": 10}],
}
TEMPLATE: dict[str, Any] = {"key": "t", "subject": "s", "html": "h"}


def rule(**changes: Any) -> dict[str, Any]:
    return {"campaigns": [{**RULE, **changes}]}


def without(key: str) -> dict[str, Any]:
    return {"campaigns": [{k: v for k, v in RULE.items() if k != key}]}


def effect(value: Any) -> dict[str, Any]:
    return rule(do=[value])


def template(**changes: Any) -> dict[str, Any]:
    return {"templates": [{**TEMPLATE, **changes}]}


def action(**changes: Any) -> dict[str, Any]:
    return {"actions": [{"name": "A", **changes}]}


def cycle() -> dict[str, Any]:
    circle: dict[str, Any] = {}
    circle["campaigns"] = [circle]
    return circle


BROKEN: list[tuple[Any, str, str]] = [
    (None, "", "not_a_document"),
    ([], "", "not_a_document"),
    ("text", "", "not_a_document"),
    (5, "", "not_a_document"),
    ({"campaign": []}, "campaign", "unknown_key"),
    ({"campaigns": {}}, "campaigns", "not_a_list"),
    ({"campaigns": "a"}, "campaigns", "not_a_list"),
    ({"campaigns": [None]}, "campaigns[0]", "not_a_mapping"),
    ({"campaigns": [[]]}, "campaigns[0]", "not_a_mapping"),
    ({"campaigns": [RULE, RULE]}, "campaigns[1].key", "duplicate_key"),
    ({"campaigns": [RULE] * 10_001}, "campaigns", "too_many"),
    (without("kind"), "campaigns[0].kind", "missing_key"),
    (without("key"), "campaigns[0].key", "missing_key"),
    (without("trigger"), "campaigns[0].trigger", "missing_key"),
    (without("do"), "campaigns[0].do", "missing_key"),
    (rule(kind="journey"), "campaigns[0].kind", "not_supported_yet"),
    (rule(kind="mission", tasks=[]), "campaigns[0].kind", "not_supported_yet"),
    (rule(kind="badge"), "campaigns[0].kind", "not_supported_yet"),
    (rule(kind="rules"), "campaigns[0].kind", "unknown_kind"),
    (rule(kind=["rule"]), "campaigns[0].kind", "unknown_kind"),
    (rule(key=None), "campaigns[0].key", "bad_key"),
    (rule(key="Piggy Bank"), "campaigns[0].key", "bad_key"),
    (rule(key="a" * 65), "campaigns[0].key", "bad_key"),
    (rule(key="a\n"), "campaigns[0].key", "bad_key"),
    (rule(name="a\nb"), "campaigns[0].name", "bad_text"),
    (rule(state="live"), "campaigns[0].state", "not_allowed"),
    (rule(state=None), "campaigns[0].state", "not_allowed"),
    (rule(plan=[]), "campaigns[0].plan", "unknown_key"),
    (rule(trigger="A"), "campaigns[0].trigger", "not_a_mapping"),
    (rule(trigger={}), "campaigns[0].trigger", "bad_trigger"),
    (rule(trigger={"action": "A", "event": "B"}), "campaigns[0].trigger", "bad_trigger"),
    (rule(trigger={"action": ""}), "campaigns[0].trigger.action", "bad_name"),
    (rule(trigger={"action": " A"}), "campaigns[0].trigger.action", "bad_name"),
    (rule(trigger={"action": "A" * 101}), "campaigns[0].trigger.action", "bad_name"),
    (rule(trigger={"action": 5}), "campaigns[0].trigger.action", "bad_name"),
    (rule(trigger={"link": "go to"}), "campaigns[0].trigger.link", "bad_name"),
    (rule(trigger={"event": "a\tb"}), "campaigns[0].trigger.event", "bad_name"),
    (rule(where={"path": "event.a", "op": "like", "value": 1}), "campaigns[0].where.op", "unknown_operator"),
    (rule(where=[]), "campaigns[0].where", "not_a_mapping"),
    (rule(entry=3), "campaigns[0].entry", "not_a_mapping"),
    (rule(entry={"limits": 3}), "campaigns[0].entry.limits", "unknown_key"),
    (rule(entry={"limit": 0}), "campaigns[0].entry.limit", "bad_number"),
    (rule(entry={"limit": True}), "campaigns[0].entry.limit", "bad_number"),
    (rule(entry={"limit": "3"}), "campaigns[0].entry.limit", "bad_number"),
    (rule(entry={"limit": 1.5}), "campaigns[0].entry.limit", "bad_number"),
    (rule(entry={"window": "1d"}), "campaigns[0].entry.window", "window_without_limit"),
    (rule(entry={"limit": 1, "window": "1 day"}), "campaigns[0].entry.window", "bad_duration"),
    (rule(entry={"limit": 1, "window": 60}), "campaigns[0].entry.window", "bad_duration"),
    (rule(entry={"limit": 1, "window": "0s"}), "campaigns[0].entry.window", "bad_duration"),
    (rule(entry={"max_age": "53w"}), "campaigns[0].entry.max_age", "bad_duration"),
    (rule(entry={"key": "hour"}), "campaigns[0].entry.key", "bad_entry_key"),
    (rule(entry={"key": "user.id"}), "campaigns[0].entry.key", "bad_entry_key"),
    (rule(entry={"key": ["eid"]}), "campaigns[0].entry.key", "bad_entry_key"),
    (rule(entry={"while_active": "skip"}), "campaigns[0].entry.while_active", "not_supported_yet"),
    (rule(entry={"total_cap": 5}), "campaigns[0].entry.total_cap", "not_supported_yet"),
    (rule(entry={"control_group": 5}), "campaigns[0].entry.control_group", "not_supported_yet"),
    (rule(do=[]), "campaigns[0].do", "no_effect"),
    (rule(do={"points": 1}), "campaigns[0].do", "not_a_list"),
    (rule(do=[{"points": 1}] * 51), "campaigns[0].do", "too_many"),
    (effect("points"), "campaigns[0].do[0]", "not_a_mapping"),
    (effect({}), "campaigns[0].do[0]", "no_effect"),
    (effect({"poinst": 5}), "campaigns[0].do[0].poinst", "unknown_key"),
    (effect({"points": 5, "send": "t"}), "campaigns[0].do[0]", "several_effects"),
    (effect({"points": 0}), "campaigns[0].do[0].points", "no_effect"),
    (effect({"points": True}), "campaigns[0].do[0].points", "bad_number"),
    (effect({"points": 1.5}), "campaigns[0].do[0].points", "bad_number"),
    (effect({"points": 10**10}), "campaigns[0].do[0].points", "bad_number"),
    (effect({"points": {}}), "campaigns[0].do[0].points.amount", "missing_key"),
    (effect({"points": {"amount": 1, "currency": "€"}}), "campaigns[0].do[0].points.currency", "bad_key"),
    (effect({"points": {"amount": "x"}}), "campaigns[0].do[0].points.amount", "bad_number"),
    (effect({"send": {}}), "campaigns[0].do[0].send.template", "missing_key"),
    (effect({"send": 5}), "campaigns[0].do[0].send", "not_a_mapping"),
    (effect({"send": "A b"}), "campaigns[0].do[0].send", "bad_key"),
    (effect({"tag": "vip"}), "campaigns[0].do[0].tag", "not_a_mapping"),
    (effect({"tag": {}}), "campaigns[0].do[0].tag", "no_effect"),
    (effect({"tag": {"add": "vip"}}), "campaigns[0].do[0].tag.add", "not_a_list"),
    (effect({"tag": {"add": [""]}}), "campaigns[0].do[0].tag.add[0]", "bad_text"),
    (effect({"tag": {"add": ["a"], "remove": ["a"]}}), "campaigns[0].do[0].tag", "contradiction"),
    (effect({"set": {}}), "campaigns[0].do[0].set", "bad_set"),
    (effect({"set": ["a"]}), "campaigns[0].do[0].set", "bad_set"),
    (effect({"set": {"tags": "a"}}), "campaigns[0].do[0].set.tags", "reserved_property"),
    (effect({"set": {"id": "a"}}), "campaigns[0].do[0].set.id", "reserved_property"),
    (effect({"set": {"points": 1}}), "campaigns[0].do[0].set.points", "reserved_property"),
    (effect({"set": {"a.b": 1}}), "campaigns[0].do[0].set.a.b", "bad_property"),
    (effect({"set": {"a": None}}), "campaigns[0].do[0].set.a", "bad_value"),
    (effect({"set": {"a": [1]}}), "campaigns[0].do[0].set.a", "bad_value"),
    (effect({"set": {"a": {"path": "run.x"}}}), "campaigns[0].do[0].set.a.path", "bad_path"),
    (effect({"set": {"a": {}}}), "campaigns[0].do[0].set.a.path", "missing_key"),
    (template(key="T"), "templates[0].key", "bad_key"),
    (template(channel="sms"), "templates[0].channel", "not_allowed"),
    (template(category="news"), "templates[0].category", "not_allowed"),
    (template(subject="a\nBcc: x"), "templates[0].subject", "bad_text"),
    (template(subject=""), "templates[0].subject", "bad_text"),
    (template(html=5), "templates[0].html", "bad_text"),
    (template(html="x" * 300_000), "templates[0].html", "bad_text"),
    (template(repeat_after_crash="yes"), "templates[0].repeat_after_crash", "not_allowed"),
    (template(body="x"), "templates[0].body", "unknown_key"),
    ({"templates": [{"key": "t", "subject": "s"}]}, "templates[0].html", "missing_key"),
    ({"templates": [TEMPLATE, TEMPLATE]}, "templates[1].key", "duplicate_key"),
    ({"actions": [{}]}, "actions[0].name", "missing_key"),
    (action(sources="server"), "actions[0].sources", "not_a_list"),
    (action(sources=[]), "actions[0].sources", "no_sources"),
    (action(sources=["serve"]), "actions[0].sources[0]", "not_allowed"),
    (action(secret=["a..b"]), "actions[0].secret[0]", "bad_path"),
    (action(description=5), "actions[0].description", "bad_text"),
    ({"actions": [{"name": "A"}, {"name": "A"}]}, "actions[1].name", "duplicate_key"),
    (rule(name=datetime.date(2026, 11, 23)), "campaigns[0].name", "not_json"),
    (rule(name={1: 2}), "campaigns[0].name", "not_json"),
    (rule(name="\ud800"), "campaigns[0].name", "bad_text"),
    (rule(name="a\x00"), "campaigns[0].name", "bad_text"),
    (effect({"points": float("nan")}), "campaigns[0].do[0].points", "bad_number"),
    (effect({"points": 2**64}), "campaigns[0].do[0].points", "bad_number"),
    ({"campaigns": [1] * 200_000}, "", "too_large"),
]


@pytest.mark.parametrize(("data", "path", "code"), BROKEN)
def test_a_broken_document_gives_one_error_with_its_path(data: Any, path: str, code: str) -> None:
    began = time.monotonic()
    problems = parse(data).problems
    assert [(p.level, p.path, p.code) for p in problems] == [("error", path, code)]
    assert problems[0].message.endswith((".", "?"))
    assert len(json.dumps(problems[0].as_dict())) < 2_000
    assert time.monotonic() - began < 5


def test_a_document_that_holds_itself_is_refused() -> None:
    (problem,) = parse(cycle()).problems
    assert problem.code == "too_deep"


def test_unknown_words_get_a_suggestion_and_what_is_allowed() -> None:
    (problem,) = parse(effect({"poinst": 5})).problems
    assert 'Did you mean "points"?' in problem.message
    assert problem.allowed == ("send", "tag", "points", "set")
    (kind,) = parse(rule(kind="journey")).problems
    assert kind.allowed == ("rule",)
    (later,) = parse(rule(entry={"total_cap": 5})).problems
    assert later.allowed == ("key", "limit", "window", "max_age")


def test_all_errors_are_told_at_once_and_good_entries_are_kept() -> None:
    bad = {**RULE, "key": "B", "trigger": {}, "entry": {"limit": 0}, "do": [{"points": 0}]}
    parsed = parse({"campaigns": [bad, {**RULE, "key": "good"}]})
    assert [p.path for p in parsed.problems] == [
        "campaigns[0].key",
        "campaigns[0].entry.limit",
        "campaigns[0].trigger",
        "campaigns[0].do[0].points",
    ]
    assert [campaign.key for campaign in parsed.document.campaigns] == ["good"]
    assert not parsed.is_valid


def test_a_thousand_errors_are_cut_short() -> None:
    parsed = parse({"campaigns": [{**RULE, "key": "B!"}] * 5_000})
    assert len(parsed.problems) < 150
    assert parsed.problems[-1].code == "more_problems"
    assert not parsed.is_valid


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=2)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_anything_in_the_place_of_any_part_never_raises(data: st.DataObject) -> None:
    whole = {"actions": [{"name": "A", "sources": ["server"]}], "templates": [dict(TEMPLATE)]}
    entry = {"entry": {"limit": 1, "window": "1d"}, "where": {"all": [{"path": "event.a", "op": "equals", "value": 1}]}}
    document: Any = {**whole, "campaigns": [{**RULE, **entry}]}
    spot, parent, key = document, None, None
    while isinstance(spot, dict | list) and spot and (parent is None or data.draw(st.booleans())):
        parent = spot = dict(spot) if isinstance(spot, dict) else list(spot)
        key = data.draw(st.sampled_from(sorted(spot) if isinstance(spot, dict) else range(len(spot))))
        spot = spot[key]
    changed = data.draw(JSON)
    parent[key] = changed  # type: ignore[index]
    problems: tuple[Problem, ...] = parse(parent if data.draw(st.booleans()) else {"campaigns": [changed]}).problems
    assert all(p.message for p in problems)
