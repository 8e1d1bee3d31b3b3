from pathlib import Path

import pytest
from redis.exceptions import ConnectionError
from sqlalchemy import Engine, text

from cueline.cli.failures import explanation, masked
from cueline.errors import CuelineError
from cueline.store.session import open_engine
from tests.cli.conftest import Run


def test_an_error_of_ours_is_its_message() -> None:
    assert explanation(CuelineError("No such page.")) == "No such page."


def test_a_fault_of_ours_is_not_explained_away() -> None:
    assert explanation(ZeroDivisionError("x")) is None


def test_redis_away_is_one_sentence_with_the_address_but_no_password(
    monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    monkeypatch.setenv("CUELINE_REDIS_URL", "redis://me:hidden@10.0.0.1:6379/0")
    message = explanation(ConnectionError("Connection refused"))
    assert message is not None
    assert "redis://me:***@10.0.0.1:6379/0 does not answer (Connection refused). Check CUELINE_REDIS_URL." in message


def test_redis_away_without_a_setting_points_to_up(data: Path) -> None:
    message = explanation(ConnectionError("refused"))
    assert message is not None and "Start `cueline up`" in message


def test_missing_tables_point_to_the_upgrade(database_url: str) -> None:
    engine = open_engine(database_url)
    with pytest.raises(Exception) as caught, engine.connect() as connection:
        connection.execute(text("SELECT * FROM workspaces"))
    message = explanation(caught.value)
    assert message == "The database does not have the tables of this release. Run `cueline db upgrade`."


def test_a_file_that_is_no_database_is_one_sentence(run: Run, data: Path) -> None:
    (data / "cueline.db").write_text("garbage " * 1000)
    for command in (("db", "upgrade"), ("keys", "list")):
        result = run(*command)
        assert result.exit_code == 1
        assert "is damaged, or no database (file is not a database). Restore a backup." in result.stderr


def test_a_wrong_statement_stays_a_fault_of_ours(engine: Engine) -> None:
    with pytest.raises(Exception) as caught, engine.connect() as connection:
        connection.execute(text("SELEKT"))
    assert explanation(caught.value) is None


def test_postgresql_away_is_one_sentence(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    url = "postgresql+psycopg://me:hidden@127.0.0.1:1/shop"
    monkeypatch.setenv("CUELINE_DATABASE_URL", url)
    with pytest.raises(Exception) as caught:
        open_engine(url).connect()
    message = explanation(caught.value)
    assert message is not None
    assert message.startswith("The SQL database at postgresql+psycopg://me:***@127.0.0.1:1/shop does not answer (")
    assert "hidden" not in message and "\n" not in message


def test_a_command_prints_the_sentence_and_no_traceback(run: Run, data: Path) -> None:
    result = run("keys", "list")
    assert result.exit_code == 1
    assert result.stderr == "Error: The database does not have the tables of this release. Run `cueline db upgrade`.\n"


def test_debug_shows_the_traceback_as_well(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELINE_LOG_LEVEL", "debug")
    result = run("keys", "list")
    assert "Traceback" in result.stderr
    assert result.stderr.endswith("Run `cueline db upgrade`.\n")


def test_an_unknown_setting_is_named_with_a_suggestion(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELINE_REDIS_ULR", "x")
    result = run("config")
    assert result.exit_code == 1
    assert result.stderr == "Error: Unknown setting CUELINE_REDIS_ULR. Did you mean CUELINE_REDIS_URL?\n"


def test_a_unix_socket_address_is_shown_as_it_is() -> None:
    assert masked("unix:///tmp/a/redis.sock") == "unix:///tmp/a/redis.sock"


def test_the_password_of_a_cluster_is_masked() -> None:
    assert masked("redis+cluster://:s3cret@one:7000,two:7001") == "redis+cluster://:***@one:7000,two:7001"
    assert masked("redis+cluster://one,two") == "redis+cluster://one,two"
