"""The repository's own bench (`make bench`): its arithmetic."""

from __future__ import annotations

import pytest

from bench.figures import Row
from bench.profile import read


def test_the_ratio_is_the_median_of_the_rounds_so_that_a_slow_minute_counts_once() -> None:
    row = Row("a", [100, 900, 110], "b", [200, 1_800, 100], most_ratio=0.5)
    assert row.figure == 110
    assert row.ratio == 0.5
    assert row.holds


@pytest.mark.parametrize(
    ("row", "holds"),
    [
        (Row("a", [100]), None),
        (Row("a", [100], most=100), True),
        (Row("a", [101], most=100), False),
        (Row("a", [100], "b", [100], most=120, most_ratio=0.9), False),
    ],
)
def test_a_budget_holds_or_is_missed(row: Row, holds: bool | None) -> None:
    assert row.holds is holds


def test_a_profile_counts_a_function_once_in_a_stack_and_leaves_out_threads_without_python() -> None:
    found = read("x", "process 1:x;main;loop;main 3\nmain;loop 2\nprocess 1:x 9\n")
    assert found.samples == 5
    assert found.self_ == {"main": 3, "loop": 2}
    assert found.all_ == {"main": 5, "loop": 5}
