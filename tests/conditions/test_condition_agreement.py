"""Compiled, evaluated and a naive model of the words in the docs: all three say the same of anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline import conditions
from cueline.conditions.equality import found_keys, wanted_keys
from cueline.conditions.operators.registry import OPERATORS
from tests.conditions.examples import EXAMPLES, NOW

TEXTS = st.sampled_from(
    [
        *("", "a", "A", "ab", "1", "1.0", "10", "1e1", "007", " 1", "true", "null", "-0", "0.1", "1e999"),
        *("2026-11-23", "2026-11-23T00:00Z", "2026-11-23T01:00:00+01:00", "2026-11-24", "2026-02-30"),
    ]
)
SCALARS = st.one_of(
    TEXTS,
    st.booleans(),
    st.sampled_from([0, 1, 10, -1, 1.0, 0.1, 10.0, 2**53, 2**53 + 1, float(2**53)]),
    st.text(max_size=3),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
)
FOUND = st.one_of(st.none(), SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(st.just("b"), SCALARS))
PATHS = st.sampled_from(["event.a", "event.a.b", "event.c", "user.tags", "user.points.default", "meta.source"])


# Those that the model below knows; the others are held against examples.
MODELLED = ("contains", "equals", "greater_than", "is_defined", "is_not_defined", "less_than", "not_equals")


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, Any]:
    operator = OPERATORS[draw(st.sampled_from(MODELLED))]
    leaf = {"path": draw(PATHS), "op": operator.name}
    if not operator.needs_value:
        return leaf
    return {**leaf, "value": draw(SCALARS.filter(lambda value: operator.check(value) is None))}


DOCUMENTS = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.builds(lambda nodes: {"all": nodes}, st.lists(inner, max_size=3)),
        st.builds(lambda nodes: {"any": nodes}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda node: {"not": node}, inner),
    ),
    max_leaves=8,
)
SCOPES = st.fixed_dictionaries(
    {
        "event": st.dictionaries(st.sampled_from(["a", "c"]), FOUND),
        "meta": st.dictionaries(st.just("source"), TEXTS),
        "user": st.fixed_dictionaries(
            {"tags": st.lists(TEXTS, max_size=3), "points": st.dictionaries(st.just("default"), SCALARS)}
        ),
    }
)


def model(document: Mapping[str, Any], scope: Mapping[str, Any]) -> bool:
    """The documentation, word by word."""
    if "all" in document:
        return all(model(node, scope) for node in document["all"])
    if "any" in document:
        return any(model(node, scope) for node in document["any"])
    if "not" in document:
        return not model(document["not"], scope)
    return model_leaf(document["op"], walk(scope, document["path"]), document.get("value"))


def walk(scope: Any, path: str) -> Any:
    for step in path.split("."):
        scope = scope.get(step) if isinstance(scope, dict) else None
    return scope


def model_leaf(op: str, found: Any, wanted: Any) -> bool:
    if found is None or (isinstance(found, float) and found - found != 0):
        return op == "is_not_defined"
    if op in ("is_defined", "is_not_defined"):
        return op == "is_defined"
    if op in ("equals", "not_equals"):
        return model_equal(found, wanted) == (op == "equals")
    if op == "contains":
        return model_contains(found, wanted)
    low, high = (wanted, found) if op == "greater_than" else (found, wanted)
    return is_less(number(low), number(high)) or is_less(date(low), date(high))


def is_less(low: Any, high: Any) -> bool:
    return low is not None and high is not None and bool(low < high)


def model_contains(found: Any, wanted: Any) -> bool:
    if isinstance(found, list):
        return any(model_equal(member, wanted) for member in found)
    spelt = (
        str(int(wanted)) if isinstance(wanted, float) and wanted.is_integer() and abs(wanted) < 2**63 else str(wanted)
    )
    return isinstance(found, str) and not isinstance(wanted, bool) and spelt in found


def model_equal(found: Any, wanted: Any) -> bool:
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, str) and isinstance(wanted, str):
        return found == wanted or (date(found) is not None and date(found) == date(wanted))
    return number(found) is not None and number(found) == number(wanted)


def number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = value if isinstance(value, str) else repr(value)
    if not re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?(e[+-]?[0-9]+)?", text, re.IGNORECASE | re.ASCII):
        return None
    exact = Decimal(text) if re.fullmatch("-?[0-9]+", text, re.ASCII) else Decimal(float(text))
    return exact if exact.is_finite() else None


def date(value: Any) -> datetime | None:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def parsed(document: object) -> conditions.Condition:
    condition = conditions.parse(document, at="where", problems=[])
    assert condition is not None
    return condition


@given(DOCUMENTS, SCOPES)
def test_compiled_and_evaluated_and_the_model_agree(document: dict[str, Any], scope: dict[str, Any]) -> None:
    condition = parsed(document)
    verdict = conditions.evaluate(condition, scope)
    assert conditions.compile(condition)(scope) is verdict.holds
    assert verdict.holds is model(document, scope)


@given(DOCUMENTS, SCOPES)
def test_the_trace_has_every_leaf_in_order(document: dict[str, Any], scope: dict[str, Any]) -> None:
    condition = parsed(document)
    trace = conditions.evaluate(condition, scope).trace
    leaves = [leaf for _, leaf in conditions.located(condition, "where")]
    assert [(said.path, said.op) for said in trace] == [(leaf.path, leaf.op) for leaf in leaves]
    for said in trace:
        assert said.holds is model_leaf(said.op, said.found, said.wanted)


@given(DOCUMENTS, SCOPES)
def test_why_not_is_the_first_leaf_of_the_trace_that_says_no(document: dict[str, Any], scope: dict[str, Any]) -> None:
    condition = parsed(document)
    trace = conditions.evaluate(condition, scope).trace
    leaves = [leaf for _, leaf in conditions.located(condition, "where")]
    expected = next((said for said in trace if not said.holds), trace[0] if trace else None)
    assert conditions.why_not(leaves, scope) == expected


@given(DOCUMENTS)
def test_what_was_read_is_written_again(document: dict[str, Any]) -> None:
    condition = parsed(document)
    assert parsed(conditions.to_document(condition)) == condition


@pytest.mark.parametrize("op", OPERATORS)
def test_a_leaf_of_any_operator_says_the_same_compiled_judged_and_alone(op: str) -> None:
    for found, wanted, moment in EXAMPLES[op].all():
        leaf = {"path": "event.a.b", "op": op} | ({"value": wanted} if OPERATORS[op].needs_value else {})
        condition = parsed({"all": [leaf, {**leaf, "path": "event.c"}]})
        scope = {"event": {"a": {"b": found}, "c": found}, "meta": {}, "user": {}, "moment": moment or NOW}
        expected = OPERATORS[op].holds(found, wanted, moment or NOW)
        assert conditions.compile(condition)(scope) is expected
        assert [said.holds for said in conditions.evaluate(condition, scope).trace] == [expected, expected]
        assert parsed(conditions.to_document(condition)) == condition


@given(SCALARS, FOUND)
def test_values_are_equal_exactly_when_they_share_a_key(wanted: Any, found: Any) -> None:
    equals = OPERATORS["equals"]
    if equals.check(wanted) is not None:
        return
    shared = [key for key in found_keys(found) if key in wanted_keys(wanted)]
    assert equals.holds(found, wanted) is (len(shared) == 1)
    assert len({hash(key) for key in shared}) <= 1


@given(DOCUMENTS, SCOPES)
def test_a_required_equality_is_needed(document: dict[str, Any], scope: dict[str, Any]) -> None:
    condition = parsed(document)
    if not conditions.evaluate(condition, scope).holds:
        return
    for path, value in conditions.equalities_of(condition):
        assert model_leaf("equals", walk(scope, path), value)


def test_the_equality_of_a_condition_is_a_payload_field_that_must_have_a_value() -> None:
    prize = {"path": "event.prize", "op": "equals", "value": "ABC"}
    source = {"path": "meta.source", "op": "equals", "value": "server"}
    assert conditions.equality_of(parsed(prize)) == ("event.prize", "ABC")
    assert conditions.equality_of(parsed({"all": [source, {"all": [prize]}]})) == ("event.prize", "ABC")
    assert conditions.equality_of(parsed({"any": [prize, source]})) is None
    assert conditions.equality_of(parsed({"not": prize})) is None
    assert conditions.equality_of(conditions.ALWAYS) is None
