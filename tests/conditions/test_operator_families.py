"""Every operator against its examples, and the texts of what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from cueline import conditions
from cueline.conditions import Moment
from cueline.conditions.operators.registry import OPERATORS, fitting
from tests.conditions.examples import EXAMPLES, NOW


def test_every_operator_has_examples_of_both_kinds() -> None:
    assert set(EXAMPLES) == set(OPERATORS)
    assert all(examples.holds and examples.fails for examples in EXAMPLES.values())


@pytest.mark.parametrize("op", EXAMPLES)
def test_it_holds_and_fails_as_the_examples_say(op: str) -> None:
    for found, wanted, *moment in EXAMPLES[op].holds:
        assert OPERATORS[op].holds(found, wanted, *moment or [NOW]), (found, wanted)
    for found, wanted, *moment in EXAMPLES[op].fails:
        assert not OPERATORS[op].holds(found, wanted, *moment or [NOW]), (found, wanted)


@pytest.mark.parametrize(
    ("op", "wanted"), [(op, wanted) for op, examples in EXAMPLES.items() for wanted in examples.refused]
)
def test_a_value_that_means_nothing_is_refused_with_what_would(op: str, wanted: Any) -> None:
    problems: list[Any] = []
    leaf = {"path": "event.a", "op": op, "value": wanted}
    assert conditions.parse(leaf, at="where", problems=problems) is None
    [problem] = problems
    assert problem.path == "where.value"
    assert problem.code in ("bad_value", "missing_value")
    assert problem.message.startswith(f"{op}") and len(problem.message) < 400


@pytest.mark.parametrize("op", [name for name, operator in OPERATORS.items() if operator.prepare_at])
def test_an_operator_that_compares_with_now_says_that_it_needs_one(op: str) -> None:
    [_, wanted, *_] = EXAMPLES[op].holds[0]
    with pytest.raises(ValueError, match=op):
        OPERATORS[op].holds("2026-11-23", wanted)


@pytest.mark.parametrize("name", ["Europe/Nowhere", "", None, 5, "../../etc/passwd", "Europe", "\0", "x" * 5000])
def test_a_zone_that_is_none_leaves_the_workspace_s(name: object) -> None:
    rome = Moment(NOW.now_ms, zone_name="Europe/Rome").zone
    assert Moment(NOW.now_ms, zone_name=name, default=rome).zone is rome


def test_what_fits_text_fits_numbers_and_dates_in_text_too() -> None:
    allowed = fitting(["text"])
    assert {"greater_than", "between", "within_last", "anniversary", "starts_with", "one_of"} <= set(allowed)
    assert not {"is_true", "is_empty", "contains_all"} & set(allowed)
