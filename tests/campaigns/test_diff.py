"""What a document would change, as people read it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from cueline.campaigns.diff import UNCHANGED, diff, is_same
from cueline.campaigns.document import parse
from cueline.campaigns.spec import Document
from tests.campaigns.strategies import documents


def document_of(*campaigns: dict[str, Any]) -> Document:
    return parse({"campaigns": list(campaigns)}).document


def rule(key: str, points: int, **more: Any) -> dict[str, Any]:
    return {"key": key, "kind": "rule", "trigger": {"action": "A"}, "do": [{"points": points}], **more}


def test_created_changed_and_unchanged_are_told_apart() -> None:
    now = document_of(rule("same", 1), rule("other", 1), rule("gone", 1))
    changes = diff(now, document_of(rule("new", 1), rule("other", 2), rule("same", 1)))
    assert [(c.kind, c.key, c.what) for c in changes] == [
        ("campaign", "new", "created"),
        ("campaign", "other", "changed"),
        ("campaign", "same", "unchanged"),
    ]
    created, changed, unchanged = changes
    assert "+key: new" in created.lines
    assert "-  - points: 1\n+  - points: 2" in changed.lines
    assert unchanged.lines == ""


def test_a_state_alone_is_a_change() -> None:
    (change,) = diff(document_of(rule("a", 1)), document_of(rule("a", 1, state="paused")))
    assert "+state: paused" in change.lines


@given(documents())
@settings(deadline=None)
def test_a_document_differs_in_nothing_from_itself(document: Document) -> None:
    assert {change.what for change in diff(document, document)} <= {UNCHANGED}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (1e20, 10**20, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (1, True, False),
        (0, False, False),
        (1, "1", False),
        ([1, 2], [2, 1], False),
        (None, False, False),
    ],
)
def test_what_databases_change_is_no_difference(one: object, other: object, same: bool) -> None:
    assert is_same({"value": one}, {"value": other}) is same
