"""A data directory of one's own, and the command as a person calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from cueline.cli import main
from cueline.store import workspaces
from cueline.store.migrate import upgrade
from cueline.store.session import open_engine, writing
from cueline.store.workspaces import Workspace

Run = Callable[..., Result]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data directory, in force through CUELINE_DATA; the working directory has no `.env`."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("CUELINE_DATA", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def run(data: Path) -> Run:
    """`run("keys", "list")` as in a shell; its exit code, stdout and stderr."""

    def run(*arguments: str, input: str | None = None) -> Result:
        return CliRunner().invoke(main, arguments, input=input)

    return run


@pytest.fixture
def sqlite(data: Path) -> Iterator[Engine]:
    """The migrated database of the data directory."""
    engine = open_engine(f"sqlite:///{data / 'cueline.db'}")
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def workspace(sqlite: Engine) -> Workspace:
    with writing(sqlite) as connection:
        return workspaces.create(connection, name="default", now_ms=1, identity_mode="off", origins=["*"])
