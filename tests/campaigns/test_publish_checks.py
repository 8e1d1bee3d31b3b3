"""What is found only beside what the workspace knows."""

from __future__ import annotations

from typing import Any

import pytest

from cueline.campaigns.checks import Known, check
from cueline.campaigns.document import parse
from cueline.campaigns.spec import Document, Template
from cueline.campaigns.unseen import KnownAction
from cueline.errors import Problem

SEEN = KnownAction(None, {"amount": {"number"}, "prize": {"text"}, "vip": {"boolean"}, "card.no": {"text"}})
KNOWN = Known(actions={"A": SEEN}, templates={"old": Template("old", "s", "<p>hi</p>")})
LINKING = {"key": "t", "subject": "s", "html": '<a href="{{ event.link }}">x</a>'}
ADDRESS = {"set": {"email": {"path": "event.prize"}}}


def document_of(data: dict[str, Any]) -> Document:
    parsed = parse(data)
    assert not parsed.problems, parsed.problems
    return parsed.document


def rule(**changes: Any) -> dict[str, Any]:
    tagging = {"key": "a", "kind": "rule", "trigger": {"action": "A"}, "do": [{"tag": {"add": ["x"]}}]}
    return {**tagging, **changes}


def found(*rules: dict[str, Any], known: Known = KNOWN, **sections: Any) -> list[Problem]:
    return check(document_of({**sections, "campaigns": list(rules)}), known)


def where(path: str, op: str, value: Any) -> dict[str, Any]:
    return rule(where={"all": [{"path": path, "op": op, "value": value}]})


def brief(problems: list[Problem]) -> list[tuple[str, str, str]]:
    return [(p.level, p.path, p.code) for p in problems]


def test_a_good_document_has_no_problems() -> None:
    assert found(where("event.amount", "greater_than", 5), rule(key="b", do=[{"send": "old"}])) == []


def test_a_template_that_is_nowhere_is_an_error_that_names_those_there_are() -> None:
    problems = found(rule(do=[{"send": "odl"}]))
    assert brief(problems) == [("error", "campaigns[0].do[0].send.template", "unknown_template")]
    assert problems[0].allowed == ("old",)
    assert found(rule(do=[{"send": "new"}]), templates=[{"key": "new", "subject": "s", "text": "t"}]) == []


def test_an_action_never_seen_is_a_warning_with_a_suggestion() -> None:
    problems = found(rule(trigger={"action": "AA"}), known=Known(actions={"AAA": SEEN}))
    assert brief(problems) == [("warning", "campaigns[0].trigger.action", "unknown_action")]
    assert 'Did you mean "AAA"?' in problems[0].message
    assert found(rule(trigger={"action": "AA"}), actions=[{"name": "AA"}]) == []


def test_a_field_never_seen_is_a_warning_wherever_it_is_read() -> None:
    wrong = rule(
        where={"not": {"path": "event.amuont", "op": "is_defined"}},
        entry={"key": "event.order"},
        do=[{"set": {"x": {"path": "event.y"}}}],
    )
    problems = found(wrong)
    assert brief(problems) == [
        ("warning", "campaigns[0].where.not.path", "unknown_field"),
        ("warning", "campaigns[0].entry.key", "unknown_field"),
        ("warning", "campaigns[0].do[0].set", "unknown_field"),
    ]
    assert "amount" in problems[0].message
    assert found(rule(where={"path": "event.card", "op": "is_defined"})) == []


def test_an_operator_that_cannot_fit_is_an_error_that_names_those_that_can() -> None:
    problems = found(where("event.vip", "greater_than", 5))
    assert brief(problems) == [("error", "campaigns[0].where.all[0].op", "operator_does_not_fit")]
    assert problems[0].allowed == (
        *("equals", "not_equals", "one_of", "none_of", "is_defined", "is_not_defined", "is_true", "is_false"),
    )
    assert found(where("event.prize", "greater_than", 5)) == []


def test_a_boolean_for_a_field_of_text_is_a_warning() -> None:
    assert brief(found(where("event.prize", "equals", True))) == [
        ("warning", "campaigns[0].where.all[0].value", "boolean_for_text")
    ]


@pytest.mark.parametrize("effect", [{"points": 1}, {"send": "t"}])
def test_an_effect_of_value_needs_trust_or_a_cap(effect: dict[str, Any]) -> None:
    problems = found(rule(do=[{"tag": {"add": ["x"]}}, effect]), templates=[LINKING])
    assert brief(problems) == [("error", f"campaigns[0].do[1].{next(iter(effect))}", "value_without_trust")]
    assert problems[0].allowed


@pytest.mark.parametrize(
    "changes",
    [
        {"entry": {"limit": 1}},
        {"entry": {"limit": 3, "window": "1d"}},
        {"entry": {"key": "once"}},
        {"entry": {"key": "day"}},
        {"entry": {"key": "week"}},
        {"where": {"all": [{"path": "meta.source", "op": "equals", "value": "server"}]}},
        {"trigger": {"event": "email_sent"}},
    ],
)
def test_a_cap_or_a_trusted_source_is_enough(changes: dict[str, Any]) -> None:
    assert found(rule(do=[{"points": 1}], **changes)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"entry": {"key": "event.prize"}},
        {"where": {"any": [{"path": "meta.source", "op": "equals", "value": s} for s in ("server", "browser")]}},
        {"where": {"path": "meta.source", "op": "equals", "value": "link"}},
        {"where": {"path": "meta.source", "op": "not_equals", "value": "browser"}},
        {"trigger": {"event": "login"}},
        {"trigger": {"link": "go"}},
    ],
)
def test_what_a_page_could_forge_is_not_enough(changes: dict[str, Any]) -> None:
    codes = [problem.code for problem in found(rule(do=[{"points": 1}], **changes))]
    assert "value_without_trust" in codes


@pytest.mark.parametrize(
    ("sources", "is_safe"),
    [(["server"], True), (["server", "signed_link", "system"], True), (["server", "browser"], False), (None, False)],
)
def test_the_actions_sources_decide(sources: list[str] | None, is_safe: bool) -> None:
    entry = {"name": "A"} if sources is None else {"name": "A", "sources": sources}
    assert (found(rule(do=[{"points": 1}]), actions=[entry]) == []) is is_safe
    known = Known(actions={"A": KnownAction(None if sources is None else tuple(sources))})
    assert (found(rule(do=[{"points": 1}]), known=known) == []) is is_safe


def test_the_document_overrides_what_the_registry_said() -> None:
    known = Known(actions={"A": KnownAction(("server",))})
    assert found(rule(do=[{"points": 1}]), known=known) == []
    opened = found(rule(do=[{"points": 1}]), known=known, actions=[{"name": "A"}])
    assert [problem.code for problem in opened] == ["value_without_trust"]


def test_a_document_must_not_take_the_trust_from_campaigns_it_leaves_out() -> None:
    paying = document_of({"campaigns": [rule(key="paying", do=[{"points": 1}]), rule(key="s", do=[{"send": "t"}])]})
    actions = {"A": KnownAction(("server",))}
    safe = Template("t", "s", "<p>hi</p>")
    known = Known(actions, {"t": safe}, campaigns=paying.campaigns)
    assert check(document_of({"actions": [{"name": "A", "sources": ["system"]}]}), known) == []
    problems = check(document_of({"actions": [{"name": "B"}, {"name": "A"}]}), known)
    assert brief(problems) == [("error", "actions[1].sources", "value_without_trust")]
    assert '"paying"' in problems[0].message
    open_ = Known({}, {"t": safe}, campaigns=paying.campaigns)
    problems = check(document_of({"templates": [LINKING]}), open_)
    assert brief(problems) == [("error", "templates[0].html", "value_without_trust")]


def test_a_draft_may_be_wrong() -> None:
    problems = found(rule(state="draft", do=[{"points": 1}, {"send": "nowhere"}]))
    assert {problem.level for problem in problems} == {"warning"}
    assert len(problems) == 2


def test_an_address_that_any_page_could_set_is_a_warning() -> None:
    assert [p.code for p in found(rule(do=[ADDRESS]))] == ["forgeable_address"]
    assert [p.code for p in found(rule(do=[ADDRESS]), actions=[{"name": "A", "sources": ["server"]}])] == []


def test_what_is_wrong_with_a_templates_liquid_is_an_error() -> None:
    document = document_of({"templates": [{"key": "t", "subject": "s", "html": "{{ x"}]})
    problems = check(document, Known(), template_problems=lambda template: [f"html: {template['html']}"])
    assert brief(problems) == [("error", "templates[0]", "bad_template")]
    assert problems[0].message == "html: {{ x"


@pytest.mark.parametrize(
    ("path", "is_refused"), [("event.token", True), ("event.token.part", True), ("event.t", False)]
)
def test_a_secret_value_may_not_become_a_property(path: str, is_refused: bool) -> None:
    known = Known(actions={"A": KnownAction(("server",), {}, ("token",))})
    rule = {"key": "a", "kind": "rule", "trigger": {"action": "A"}, "do": [{"set": {"x": {"path": path}}}]}
    codes = {p.path: p.code for p in check(parse({"campaigns": [rule]}).document, known) if p.level == "error"}
    assert codes == ({"campaigns[0].do[0].set.x.path": "secret_kept"} if is_refused else {})
