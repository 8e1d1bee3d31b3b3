import json
from pathlib import Path

import pytest

from cueline.config import explain
from tests.cli.conftest import Run


def test_the_table_shows_every_variable_with_its_origin(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    Path(".env").write_text("CUELINE_PARTITIONS=7\n")
    lines = run("config").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [row.variable for row in explain()]
    assert next(line for line in lines if line.startswith("CUELINE_DATA ")).split()[1:3] == [str(data), "environment"]
    assert next(line for line in lines if line.startswith("CUELINE_PARTITIONS")).split()[1:3] == ["7", ".env"]


def test_secrets_are_masked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELINE_REDIS_URL", "redis://me:hidden@host:6379/0")
    monkeypatch.setenv("CUELINE_BOOTSTRAP_SECRET_KEY", "sk_hidden")
    for arguments in (("config",), ("config", "--json")):
        output = run(*arguments).output
        assert "hidden" not in output
        assert "•••" in output


def test_json_is_an_array_of_rows(run: Run) -> None:
    rows = json.loads(run("config", "--json").stdout)
    assert rows[0].keys() == {"variable", "value", "origin", "doc"}
    assert len(rows) == len(explain())
