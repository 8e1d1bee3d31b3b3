"""One running `cueline up` per database for the whole run, and pages of its demo shop in a real browser."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.e2e.shop import Shop
from tests.e2e.stack import Stack

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
KEYS = {"CUELINE_BOOTSTRAP_WRITE_KEY": "wk_e2e", "CUELINE_BOOTSTRAP_SECRET_KEY": "sk_e2e"}


def settings_of(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings for one of DATABASES, a new one: none for SQLite, which is the default."""
    if request.param == "sqlite":
        return {}
    server: str = request.getfixturevalue("postgres_server")
    name = f"e2e{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return {"CUELINE_DATABASE_URL": server.replace("/postgres?", f"/{name}?")}


@pytest.fixture(scope="session", params=DATABASES)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """`cueline up` with its data, started once; at the end Ctrl-C must end it well."""
    running = Stack(tmp_path_factory.mktemp("up"), KEYS | settings_of(request)).start()
    yield running
    assert running.stop() == 0, running.printed


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser profile of one's own."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


@pytest.fixture
def shop(context: BrowserContext, stack: Stack) -> Shop:
    return Shop(context, stack.url)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty working directory."""
    return tmp_path
