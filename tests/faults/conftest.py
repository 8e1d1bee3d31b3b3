"""A new database for a site that lives as long as its module: once SQLite, once PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from aiosmtpd.controller import Controller

from tests.conftest import free_port
from tests.deliveries.mailbox import Mailbox

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="module", params=DATABASES)
def home(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    return tmp_path_factory.mktemp(request.param)


@pytest.fixture(scope="module")
def database(home: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    if not home.name.startswith("postgresql"):
        yield f"sqlite:///{home / 'cueline.db'}"
        return
    server: str = request.getfixturevalue("postgres_server")
    name = f"f{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    mailbox.controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    mailbox.controller.start()
    yield mailbox
    mailbox.stop()
