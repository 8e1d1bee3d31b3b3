from pathlib import Path

import pytest
from sqlalchemy import Engine

from cueline.snippet import tag
from cueline.store import keys
from cueline.store.session import writing
from cueline.store.workspaces import Workspace
from tests.cli.conftest import Run


@pytest.fixture
def write_key(sqlite: Engine, workspace: Workspace) -> str:
    with writing(sqlite) as connection:
        keys.create(connection, workspace.id, kind="secret", name="", now_ms=1)
        return keys.create(connection, workspace.id, kind="write", name="", now_ms=1)[1]


def test_the_tag_alone_is_on_stdout(run: Run, write_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELINE_PUBLIC_URL", "https://cueline.shop.example")
    result = run("snippet")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == tag("https://cueline.shop.example", write_key) + "\n"


def test_the_address_is_the_one_that_up_last_ran_on(run: Run, write_key: str, data: Path) -> None:
    (data / "public.url").write_text("http://127.0.0.1:8123\n")
    assert "http://127.0.0.1:8123/v1/cueline.js" in run("snippet").stdout


def test_a_revoked_write_key_is_passed_over(run: Run, write_key: str, sqlite: Engine, workspace: Workspace) -> None:
    with writing(sqlite) as connection:
        _, other = keys.create(connection, workspace.id, kind="write", name="", now_ms=1)
        keys.revoke(connection, 2, now_ms=2)
    output = run("snippet").stdout
    assert other in output and write_key not in output


def test_without_a_write_key_it_says_how_to_make_one(run: Run, workspace: Workspace) -> None:
    result = run("snippet")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "`cueline keys create write`" in result.stderr
