"""Documents into both databases, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from sqlalchemy import Connection, Engine, insert, select, update

from cueline.campaigns.document import parse, rule_of
from cueline.campaigns.spec import Action, Document
from cueline.campaigns.text import read
from cueline.errors import DocumentError, NotFound
from cueline.publishing.apply import apply, plan
from cueline.publishing.export import export
from cueline.publishing.registry import add_action
from cueline.store import workspaces
from cueline.store.session import reading, writing
from cueline.store.tables import action_counts, campaign_versions, campaigns, templates
from tests.campaigns.strategies import documents

NOW_MS = 1_795_435_200_000
RULE: dict[str, Any] = {
    "key": "a",
    "kind": "rule",
    "trigger": {"action": "A"},
    "where": {"path": "event.amount", "op": "greater_than", "value": 100},
    "do": [{"tag": {"add": ["x"]}}],
}


def workspace_id(connection: Connection) -> int:
    created = workspaces.create(connection, name="w", now_ms=NOW_MS, identity_mode="off", origins=["*"])
    return created.id


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with writing(engine) as connection:
        yield connection


@pytest.fixture
def home(connection: Connection) -> int:
    return workspace_id(connection)


def document_of(*rules: dict[str, Any], **sections: Any) -> Document:
    parsed = parse({"campaigns": list(rules), **sections})
    assert not parsed.problems, parsed.problems
    return parsed.document


def revision(connection: Connection, id_: int) -> int:
    found = workspaces.by_id(connection, id_)
    assert found is not None
    return found.revision


def versions(connection: Connection) -> list[tuple[int, bool]]:
    rows = connection.execute(select(campaign_versions).order_by(campaign_versions.c.version))
    return [(row.version, row.published_ms is not None) for row in rows]


def what(document: Document, connection: Connection, home: int, *, now_ms: int = NOW_MS) -> list[str]:
    return [change.what for change in apply(connection, home, document, now_ms=now_ms).changes]


def test_a_document_is_written_once_and_the_second_time_changes_nothing(connection: Connection, home: int) -> None:
    before = revision(connection, home)
    assert what(document_of(RULE), connection, home) == ["created"]
    assert revision(connection, home) == before + 1
    assert what(document_of(RULE), connection, home) == ["unchanged"]
    assert revision(connection, home) == before + 1
    assert versions(connection) == [(1, True)]


def test_a_change_makes_a_new_version_and_keeps_the_old_one(connection: Connection, home: int) -> None:
    what(document_of(RULE), connection, home)
    assert what(document_of({**RULE, "do": [{"tag": {"add": ["y"]}}]}), connection, home) == ["changed"]
    rows = connection.execute(select(campaign_versions).order_by(campaign_versions.c.version)).all()
    assert [rule_of(row.document).effects[0].to_document() for row in rows] == [{"add": ["x"]}, {"add": ["y"]}]
    assert connection.execute(select(campaigns.c.version)).scalar_one() == 2


def test_pausing_makes_no_version(connection: Connection, home: int) -> None:
    what(document_of(RULE), connection, home)
    assert what(document_of({**RULE, "state": "paused"}), connection, home) == ["changed"]
    assert connection.execute(select(campaigns.c.state)).scalar_one() == "paused"
    assert versions(connection) == [(1, True)]
    assert export(connection, home).campaigns[0].state == "paused"


def test_a_draft_is_not_published_until_it_is_active(connection: Connection, home: int) -> None:
    what(document_of({**RULE, "state": "draft"}), connection, home)
    assert versions(connection) == [(1, False)]
    what(document_of(RULE), connection, home)
    assert versions(connection) == [(1, True)]


def test_what_the_document_lacks_is_left_as_it_is(connection: Connection, home: int) -> None:
    first = document_of(RULE, templates=[{"key": "t", "subject": "s", "text": "x"}], actions=[{"name": "A"}])
    what(first, connection, home)
    what(document_of({**RULE, "key": "b"}), connection, home)
    exported = export(connection, home)
    assert [rule.key for rule in exported.campaigns] == ["a", "b"]
    assert (exported.templates, exported.actions) == (first.templates, first.actions)


def test_a_changed_template_counts_its_versions(connection: Connection, home: int) -> None:
    for text in ("one", "one", "two"):
        what(document_of(templates=[{"key": "t", "subject": "s", "text": text}]), connection, home)
    row = connection.execute(select(templates)).one()
    assert (row.version, row.document["text"], row.channel) == (2, "two", "email")


def test_an_error_changes_nothing(connection: Connection, home: int) -> None:
    with pytest.raises(DocumentError, match=r"campaigns\[1\]"):
        apply(connection, home, document_of(RULE, {**RULE, "key": "b", "do": [{"points": 1}]}), now_ms=NOW_MS)
    assert export(connection, home) == Document()
    assert revision(connection, home) == 1


def test_a_plan_writes_nothing(connection: Connection, home: int) -> None:
    planned = plan(connection, home, document_of(RULE))
    assert [change.what for change in planned.changes] == ["created"]
    assert [problem.code for problem in planned.problems] == ["unknown_action"]
    assert export(connection, home) == Document()


def test_fields_of_all_partitions_are_known(connection: Connection, home: int) -> None:
    for partition, fields in enumerate(({"prize": ["text"]}, {"amount": ["boolean"]})):
        seen = {"count": 1, "first_seen_ms": NOW_MS, "last_seen_ms": NOW_MS}
        row = {"workspace_id": home, "name": "A", "partition": partition, "fields": fields, **seen}
        connection.execute(insert(action_counts).values(row))
    planned = plan(connection, home, document_of(RULE))
    assert [problem.code for problem in planned.problems] == ["operator_does_not_fit"]


def test_workspaces_do_not_see_each_other(connection: Connection, home: int) -> None:
    other = workspace_id(connection)
    what(document_of(RULE), connection, home)
    assert export(connection, other) == Document()
    assert what(document_of(RULE), connection, other) == ["created"]
    assert revision(connection, home) == 2


def test_a_workspace_that_is_not_there_is_refused(connection: Connection) -> None:
    with pytest.raises(NotFound):
        apply(connection, 999, document_of(RULE), now_ms=NOW_MS)


def test_what_was_archived_or_cannot_be_read_is_not_exported_and_can_be_replaced(
    connection: Connection, home: int
) -> None:
    what(document_of(RULE, {**RULE, "key": "b"}), connection, home)
    connection.execute(update(campaigns).where(campaigns.c.key == "a").values(state="archived"))
    of_b = select(campaigns.c.id).where(campaigns.c.key == "b").scalar_subquery()
    broken = update(campaign_versions).where(campaign_versions.c.campaign_id == of_b)
    connection.execute(broken.values(document={"key": "b", "kind": "journey"}))
    assert export(connection, home) == Document()
    what(document_of(RULE, {**RULE, "key": "b"}), connection, home)
    assert [rule.key for rule in export(connection, home).campaigns] == ["a", "b"]


def test_an_action_is_added_and_changed_by_hand(connection: Connection, home: int) -> None:
    action = Action("A", ("server",), ("link",), "about")
    assert add_action(connection, home, action, now_ms=NOW_MS).what == "created"
    assert add_action(connection, home, action, now_ms=NOW_MS).what == "unchanged"
    assert add_action(connection, home, Action("A"), now_ms=NOW_MS).what == "changed"
    assert export(connection, home).actions == (Action("A"),)


def test_an_action_is_not_opened_while_a_campaign_needs_its_trust(connection: Connection, home: int) -> None:
    paying = document_of({**RULE, "do": [{"points": 1}]}, actions=[{"name": "A", "sources": ["server"]}])
    what(paying, connection, home)
    with pytest.raises(DocumentError, match="would lose its trust"):
        add_action(connection, home, Action("A"), now_ms=NOW_MS)


def test_the_demos_campaigns_are_applied(connection: Connection, home: int) -> None:
    text = Path("examples/campaigns/first-light.yaml").read_text("utf-8")
    document = read(text).document
    assert set(what(document, connection, home)) == {"created"}
    assert set(what(document, connection, home)) == {"unchanged"}


HUGE = {**RULE, "do": [{"set": {"a": 2.251799759896167e16, "b": 1e20, "c": 5e-324, "d": -0.0, "e": 1.7e308}}]}


@given(documents())
@example(document_of(HUGE))
@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # each example is a transaction: shrinking would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_applying_an_export_changes_nothing(engine: Engine, document: Document) -> None:
    with writing(engine) as connection:
        home = workspace_id(connection)
        assert not {change.what for change in apply(connection, home, document, now_ms=NOW_MS).changes} & {"unchanged"}
    with reading(engine) as connection:
        exported = export(connection, home)
        assert not plan(connection, home, exported).changes_anything
        assert not plan(connection, home, document).changes_anything
