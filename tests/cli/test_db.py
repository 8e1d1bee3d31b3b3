from pathlib import Path

import pytest
from sqlalchemy import text

from cueline.store import workspaces
from cueline.store.migrate import current_revision, wanted_revision
from cueline.store.session import open_engine, reading, writing
from tests.cli.conftest import Run


def test_the_first_upgrade_makes_tables_workspace_and_keys(
    run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUELINE_DATABASE_URL", database_url)
    result = run("db", "upgrade")
    assert result.exit_code == 0
    assert "Write key:  wk_" in result.stdout and "Secret key: sk_" in result.stdout
    engine = open_engine(database_url)
    assert current_revision(engine) == wanted_revision()
    with reading(engine) as connection:
        assert len(workspaces.all(connection)) == 1


def test_a_second_upgrade_only_says_where_the_tables_are(run: Run) -> None:
    run("db", "upgrade")
    assert run("db", "upgrade").stdout == f"The tables are those of this release ({wanted_revision()}).\n"


def test_a_preset_secret_key_is_not_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELINE_BOOTSTRAP_SECRET_KEY", "sk_from_the_vault")
    output = run("db", "upgrade").output
    assert "sk_from_the_vault" not in output
    assert "Secret key: as preset" in output


def test_tables_of_a_newer_release_are_left_alone_and_said_to_be_newer(
    run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUELINE_DATABASE_URL", database_url)
    run("db", "upgrade")
    engine = open_engine(database_url)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    result = run("db", "upgrade")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The tables are of a newer release (at 9999;")
    assert "at 9999, of a newer release" in run("doctor").stdout
    assert current_revision(engine) == "9999"


def test_the_data_directory_is_made(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELINE_DATA", str(tmp_path / "new"))
    assert run("db", "upgrade").exit_code == 0
    assert (tmp_path / "new" / "cueline.db").exists()


def test_postgresql_away_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELINE_DATABASE_URL", "postgresql://me:hidden@127.0.0.1:1/shop")
    result = run("db", "upgrade")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The SQL database at postgresql+psycopg://me:***@127.0.0.1:1/shop does not")
    assert "hidden" not in result.output
