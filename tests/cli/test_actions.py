from sqlalchemy import Engine, insert

from cueline.store import actions
from cueline.store.session import reading, writing
from cueline.store.tables import action_counts
from cueline.store.workspaces import Workspace
from tests.cli.conftest import Run


def test_an_added_action_is_in_the_list(run: Run, workspace: Workspace) -> None:
    result = run("actions", "add", "reset_password", "--source", "server", "--secret", "link")
    assert (result.exit_code, result.stdout) == (0, "Action reset_password: created.\n")
    assert run("actions", "list").stdout == "reset_password\t0\tnever seen\tserver\t–\n"


def test_what_is_left_out_stays(run: Run, workspace: Workspace, sqlite: Engine) -> None:
    run("actions", "add", "reset_password", "--source", "server", "--secret", "link")
    run("actions", "add", "reset_password", "--source", "server", "--source", "signed_link")
    with reading(sqlite) as connection:
        found = actions.by_name(connection, workspace.id, "reset_password")
    assert found is not None
    assert (sorted(found.sources or []), found.secret) == (["server", "signed_link"], ["link"])


def test_a_seen_action_shows_its_count_and_fields(run: Run, workspace: Workspace, sqlite: Engine) -> None:
    with writing(sqlite) as connection:
        row = {"workspace_id": workspace.id, "name": "Click", "partition": 0, "count": 3}
        row |= {"first_seen_ms": 0, "last_seen_ms": 1000, "fields": {"amount": ["number", "text"]}}
        connection.execute(insert(action_counts).values(row))
    assert run("actions", "list").stdout == "Click\t3\t1970-01-01T00:00:01.000Z\tany source\tamount: number|text\n"


def test_a_name_that_no_event_could_have_is_refused(run: Run, workspace: Workspace) -> None:
    result = run("actions", "add", " padded ")
    assert result.exit_code == 1
    assert "Error: actions[0].name" in result.stderr


def test_an_unknown_source_is_a_usage_error_that_names_the_known(run: Run, workspace: Workspace) -> None:
    result = run("actions", "add", "x", "--source", "pigeon")
    assert result.exit_code == 2
    assert "signed_link" in result.stderr
