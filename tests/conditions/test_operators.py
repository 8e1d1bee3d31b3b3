"""What each operator says of one found and one wanted value."""

from __future__ import annotations

from typing import Any

import pytest

from cueline.conditions import MISSING
from cueline.conditions.operators.registry import OPERATORS, fitting
from tests.conditions.examples import EXAMPLES, NOW

EQUAL = [
    (150, 150),
    (150.0, 150),
    ("150", 150),
    ("150.0", 150),
    ("1.5e2", 150),
    (150, "150"),
    (150.0, "150"),
    ("ABC", "ABC"),
    ("007", "007"),
    (" 5", " 5"),
    ("", ""),
    (True, True),
    (False, False),
    (0, 0),
    ("-0", 0),
    ("0.1", 0.1),
    (9007199254740993, 9007199254740993),
    ("9007199254740993", 9007199254740993),
    ("2026-11-23", "2026-11-23T00:00:00Z"),
    ("2026-11-23T01:00+01:00", "2026-11-23"),
    ("2026-11-23 00:00", "2026-11-23"),
    ("2026-02-30", "2026-02-30"),
]
UNEQUAL = [
    (True, 1),
    (1, True),
    (False, 0),
    ("true", True),
    (True, "true"),
    ("1", True),
    ("007", 7),
    (" 5", 5),
    ("5 ", 5),
    ("+5", 5),
    ("5.", 5),
    (".5", 0.5),
    ("1,5", 1.5),
    ("0x10", 16),
    ("١٥", 15),
    ("150.0", "150"),
    ("1.1", "1.10"),
    ("abc", "ABC"),
    (9007199254740993, 9007199254740992.0),
    ("1e999", 1),
    ("9" * 65, int("9" * 65)),
    ("NaN", 0),
    (float("nan"), 0),
    (float("inf"), 0),
    (None, "null"),
    ([1], 1),
    ({"a": 1}, "a"),
    ("2026-11-23", "2026-11-24"),
    ("2026-11-23T00:00:01Z", "2026-11-23"),
    ("2026-02-30", "2026-03-02"),
]


@pytest.mark.parametrize(("found", "wanted"), EQUAL)
def test_values_that_are_equal(found: Any, wanted: Any) -> None:
    assert OPERATORS["equals"].holds(found, wanted)
    assert not OPERATORS["not_equals"].holds(found, wanted)


@pytest.mark.parametrize(("found", "wanted"), UNEQUAL)
def test_values_that_are_not_equal(found: Any, wanted: Any) -> None:
    assert not OPERATORS["equals"].holds(found, wanted)


@pytest.mark.parametrize("found", [MISSING, None, float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("op", [name for name in OPERATORS if name != "is_not_defined"])
def test_nothing_fails_every_operator_but_is_not_defined(op: str, found: Any) -> None:
    for _, wanted, moment in EXAMPLES[op].all():
        assert not OPERATORS[op].holds(found, wanted, moment or NOW)
    assert OPERATORS["is_not_defined"].holds(found, None)


@pytest.mark.parametrize("found", [0, "", False, [], {}, "null", "NaN", -1.5])
def test_whatever_is_there_is_defined_even_if_empty(found: Any) -> None:
    assert OPERATORS["is_defined"].holds(found, None)
    assert not OPERATORS["is_not_defined"].holds(found, None)


@pytest.mark.parametrize("found", [[1], {"a": 1}, True, "abc", 4])
def test_not_equals_holds_for_any_other_value(found: Any) -> None:
    assert OPERATORS["not_equals"].holds(found, 5)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (101, 100),
        ("101", 100),
        (101, "100"),
        ("101", "100"),
        ("1e3", 999),
        (100.5, 100),
        (-1, -2),
        ("20", "9"),
        (9007199254740993, 9007199254740992),
        ("9007199254740993", 9007199254740992),
        ("2026-11-24", "2026-11-23"),
        ("2026-11-23T00:00:01Z", "2026-11-23"),
        ("2026-11-23T00:30:00+00:00", "2026-11-23T01:00:00+01:00"),
        ("2026-11-23T00:00:00.000002Z", "2026-11-23T00:00:00.000001Z"),
    ],
)
def test_greater_and_less_are_each_others_mirror(found: Any, wanted: Any) -> None:
    assert OPERATORS["greater_than"].holds(found, wanted)
    assert OPERATORS["less_than"].holds(wanted, found)
    assert not OPERATORS["greater_than"].holds(wanted, found)
    assert not OPERATORS["greater_than"].holds(found, found)
    assert not OPERATORS["less_than"].holds(found, found)


@pytest.mark.parametrize("op", ["greater_than", "less_than"])
@pytest.mark.parametrize("found", ["abc", "007", " 5", "", True, False, [5], {}, "2026-11-23", "2026-99-99"])
def test_what_is_no_number_is_neither_greater_nor_less_than_one(op: str, found: Any) -> None:
    assert not OPERATORS[op].holds(found, 0)


@pytest.mark.parametrize("op", ["greater_than", "less_than"])
def test_a_number_is_not_compared_with_a_date(op: str) -> None:
    assert not OPERATORS[op].holds(2027, "2026-11-23")
    assert not OPERATORS[op].holds("2027", "2026-11-23")


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ("piggy bank", "bank"),
        ("code 2026", 2026),
        (["a", "b"], "b"),
        (("a", "b"), "b"),
        ({"a", "b"}, "b"),
        ([1, "150"], 150),
        ([150], "150"),
        ([True], True),
    ],
)
def test_contains_finds_a_part_of_text_or_a_member_of_a_list(found: Any, wanted: Any) -> None:
    assert OPERATORS["contains"].holds(found, wanted)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ("piggy bank", "Bank"),
        ("true", True),
        (["bank"], "ban"),
        ([1], True),
        ([True], 1),
        ([["a"]], "a"),
        ({"a": 1}, "a"),
        (150, 5),
        ([], "a"),
    ],
)
def test_contains_does_not_find_what_is_not_there(found: Any, wanted: Any) -> None:
    assert not OPERATORS["contains"].holds(found, wanted)


@pytest.mark.parametrize("op", ["greater_than", "less_than"])
@pytest.mark.parametrize("wanted", ["abc", "", True, "2026-02-30", "007", float("nan"), [1], {}])
def test_only_numbers_and_dates_can_be_compared_with(op: str, wanted: Any) -> None:
    assert OPERATORS[op].check(wanted)


@pytest.mark.parametrize("op", ["equals", "not_equals", "contains"])
@pytest.mark.parametrize("wanted", [[1], {}, float("inf")])
def test_lists_and_mappings_are_no_wanted_values(op: str, wanted: Any) -> None:
    assert OPERATORS[op].check(wanted)


def test_the_empty_text_is_contained_in_everything_and_so_refused() -> None:
    assert OPERATORS["contains"].check("")
    assert OPERATORS["equals"].check("") is None


def test_text_fits_the_operators_of_numbers_and_dates_and_a_boolean_does_not() -> None:
    assert {"greater_than", "less_than", "contains"} <= set(fitting(["text"]))
    anything = {"equals", "not_equals", "one_of", "none_of", "is_defined", "is_not_defined"}
    assert set(fitting(["boolean"])) == anything | {"is_true", "is_false"}
