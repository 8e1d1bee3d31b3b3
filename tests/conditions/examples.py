"""For every operator: what it holds for, what it does not hold for, and what it cannot be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cueline.conditions import Moment

Example = tuple[Any, Any, Moment | None]


def at(text: str, zone: str = "UTC") -> Moment:
    return Moment(int(datetime.fromisoformat(text).timestamp() * 1000), default=ZoneInfo(zone))


NOW = at("2026-11-23T12:00:00+00:00")
"""A Monday."""


@dataclass(frozen=True)
class Examples:
    """Pairs of found and wanted; a third member is the moment. `refused`: wanted values."""

    holds: list[tuple[Any, ...]]
    fails: list[tuple[Any, ...]]
    refused: list[Any] = field(default_factory=list)

    def all(self) -> Iterator[Example]:
        for found, wanted, *moment in [*self.holds, *self.fails]:
            yield found, wanted, moment[0] if moment else None


_MANY = ["x"] * 1001

EXAMPLES: dict[str, Examples] = {
    "equals": Examples([(5, 5), ("5", 5)], [(6, 5), (True, 1)], [[1], {}, float("nan")]),
    "not_equals": Examples([(6, 5), ("a", "b")], [(5, 5)], [[1]]),
    "one_of": Examples(
        [("IT", ["IT", "FR"]), ("5", [4, 5]), (True, [True]), ("2026-11-23T00:00Z", ["2026-11-23"])],
        [("it", ["IT"]), (1, [True]), ([1], [1]), ("", ["IT"])],
        ["IT", [], [[1]], _MANY, {"a": 1}],
    ),
    "none_of": Examples([("DE", ["IT", "FR"]), (1, [True]), ([1], [1])], [("IT", ["IT"]), ("5", [5])], ["IT", []]),
    "is_defined": Examples([(0, None), ("", None), ([], None)], [(None, None)]),
    "is_not_defined": Examples([(None, None)], [(0, None), ("", None)]),
    "contains": Examples([("abc", "b"), (["a", 5], "5"), ([5], 5)], [("abc", "B"), (["ab"], "a"), (5, 5)], ["", []]),
    "not_contains": Examples([("abc", "B"), (["ab"], "a"), ([], "a"), ("", "a")], [("abc", "b"), (["a"], "a"), (5, 4)]),
    "starts_with": Examples(
        [("abc", "ab"), ("abc", "abc")], [("abc", "b"), ("abc", "AB"), (["ab"], "ab"), (55, "5")], ["", 5]
    ),
    "ends_with": Examples([("abc", "bc")], [("abc", "b"), ("abc", "BC"), (["bc"], "bc")], ["", 5]),
    "equals_ignoring_case": Examples(
        [("ABC", "abc"), ("Straße", "STRASSE"), ("", "")], [("ab", "abc"), (["abc"], "abc"), (5, "5")], [5, None]
    ),
    "matches": Examples(
        [("order-123", r"^order-\d+$"), ("xaab", "a+b"), ("ÉTÉ", "(?i)été")],
        [("order-12a", r"^order-\d+$"), (5, "5"), (["a"], "a"), ("a\nb", "a.b")],
        ["(a", "(?=a)", r"(a)\1", "", 5, "a" * 501, "a{1001}"],
    ),
    "greater_than": Examples([(6, 5), ("6", 5), ("2026-11-24", "2026-11-23")], [(5, 5), ("abc", 5)], ["abc", [1]]),
    "at_least": Examples(
        [(5, 5), ("5", 5), ("2026-11-23", "2026-11-23")], [(4, 5), ("abc", 5), (True, 0)], ["abc", True]
    ),
    "less_than": Examples([(4, 5), ("2026-11-22", "2026-11-23")], [(5, 5), ([], 5)], ["abc"]),
    "at_most": Examples([(5, 5), ("4.5", 5), ("2026-11-23", "2026-11-23")], [(6, 5), ("", 5)], ["abc"]),
    "between": Examples(
        [(1, [1, 3]), ("3", [1, 3]), (2.5, ["2", 3]), ("2026-11-23T17:21Z", ["2026-11-23", "2026-11-24"])],
        [(0, [1, 3]), (4, [1, 3]), ("abc", [1, 3]), ("2026-11-23", [1, 3]), (2, ["2026-11-23", "2026-11-24"])],
        [5, [1], [1, 2, 3], [3, 1], [1, "2026-11-23"], ["a", "b"], ["2026-11-24", "2026-11-23"]],
    ),
    "is_true": Examples([(True, None)], [(False, None), ("true", None), (1, None)]),
    "is_false": Examples([(False, None)], [(True, None), ("false", None), (0, None), ("", None)]),
    "before": Examples(
        [("2026-11-22T23:59:59Z", "2026-11-23"), ("2026-11-23T00:30+01:00", "2026-11-23")],
        [("2026-11-23", "2026-11-23"), (5, "2026-11-23"), ("5", "2026-11-23")],
        [5, "5", "yesterday", "2026-02-30"],
    ),
    "after": Examples(
        [("2026-11-23T00:00:01Z", "2026-11-23")], [("2026-11-23", "2026-11-23"), ("x", "2026-11-23")], [5]
    ),
    "on": Examples(
        [
            ("2026-11-23", "2026-11-23"),
            ("2026-11-23T23:59:59Z", "2026-11-23"),
            ("2026-11-22T23:30:00Z", "2026-11-23", at("2026-11-23T12:00:00Z", "Europe/Rome")),
            # A day without a time is that day, whatever the zone.
            ("2026-11-23", "2026-11-23", at("2026-11-23T12:00:00Z", "Pacific/Kiritimati")),
        ],
        [
            ("2026-11-24T00:00:00Z", "2026-11-23"),
            ("2026-11-23T23:30:00Z", "2026-11-23", at("2026-11-23T12:00:00Z", "Europe/Rome")),
            (5, "2026-11-23"),
            ("0001-01-01T00:00:00+23:00", "0001-01-01"),
        ],
        ["2026-11-23T17:21Z", 5, "today"],
    ),
    "within_last": Examples(
        [("2026-11-22T12:00:00Z", "1d"), ("2026-11-23T12:00:00Z", "30s"), ("2026-11-23", "12h")],
        [("2026-11-22T11:59:59Z", "1d"), ("2026-11-23T12:00:01Z", "1d"), (5, "1d"), ("x", "1d")],
        ["1 day", 5, "1y", "367d", ["1d"]],
    ),
    "not_within_last": Examples(
        [("2026-11-22T11:59:59Z", "1d"), ("2026-11-23T12:00:01Z", "1d")],
        [("2026-11-22T12:00:00Z", "1d"), (5, "1d"), ("x", "1d")],
        ["1 day"],
    ),
    "within_next": Examples(
        [("2026-11-24T12:00:00Z", "1d"), ("2026-11-23T12:00:00Z", "30s")],
        [("2026-11-24T12:00:01Z", "1d"), ("2026-11-23T11:59:59Z", "1d"), ({}, "1d")],
        ["tomorrow"],
    ),
    "day_of_week": Examples(
        [
            ("2026-11-23", "monday"),
            ("2026-11-22", ["saturday", "sunday"]),
            ("2026-11-22T23:30:00Z", "monday", at("2026-11-23T12:00:00Z", "Europe/Rome")),
        ],
        [("2026-11-24", "monday"), ("monday", "monday"), (1, "monday")],
        ["Monday", "mon", 1, []],
    ),
    "day_of_month": Examples(
        [("2026-11-23", 23), ("2026-11-30", [1, 30])], [("2026-11-23", 24), (23, 23)], [0, 32, "23", [], 1.5, True]
    ),
    "month": Examples([("2026-11-23", 11), ("2026-02-01", [1, 2])], [("2026-11-23", 12), (11, 11)], [0, 13, "11"]),
    "anniversary": Examples(
        [
            ("1990-11-23", 0),
            ("1990-11-25", 2),
            ("1990-01-01", 39),
            ("2000-02-29", 0, at("2027-02-28T12:00:00Z")),
            ("2000-02-29", 0, at("2028-02-29T12:00:00Z")),
            ("1990-11-24", 0, at("2026-11-23T12:00:00Z", "Pacific/Kiritimati")),
        ],
        [
            ("1990-11-24", 0),
            ("2026-11-24", 0),
            ("2027-11-23", 0),
            ("2000-02-29", 0, at("2028-02-28T12:00:00Z")),
            ("11-23", 0),
        ],
        [-1, 366, "0", True],
    ),
    "contains_any": Examples(
        [(["a", "b"], ["b", "c"]), ([5], ["x", "5"]), ({"a"}, ["a"])],
        [([], ["a"]), ("a", ["a"]), ([[1]], [1])],
        ["a", []],
    ),
    "contains_all": Examples(
        [(["a", "b", "c"], ["b", "a"]), (["5"], [5])], [(["a"], ["a", "b"]), ("ab", ["a", "b"])], ["a", []]
    ),
    "is_empty": Examples([([], None)], [(["a"], None), ("", None), ({}, None)]),
    "is_not_empty": Examples([(["a"], None), ([None], None)], [([], None), ("a", None)]),
    "size_equals": Examples([([1, 2], 2), ([], 0)], [([1], 2), ("ab", 2)], [-1, 1.5, "2", True]),
    "size_at_least": Examples([([1, 2], 2), ([1, 2], 1)], [([1], 2)], [-1]),
    "size_at_most": Examples([([1, 2], 2), ([], 1)], [([1, 2, 3], 2), ("a", 2)], [-1]),
}
