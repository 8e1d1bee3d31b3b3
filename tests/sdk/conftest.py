from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.sdk.installation import Installation, installed
from tests.sdk.receiver import Receiver
from tests.sdk.shopfront import Shopfront


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.start()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory, redis_binary: str) -> Iterator[Installation]:
    """A real one with its worker, for the whole run; tests keep apart by the users that they name."""
    with installed(tmp_path_factory.mktemp("installation")) as installation:
        yield installation


@pytest.fixture
def shop(installation: Installation) -> Iterator[Shopfront]:
    """A shop of one's own, on another origin than the collector."""
    shop = Shopfront(installation.url, installation.tag).start()
    yield shop
    shop.stop()


@pytest.fixture
def user() -> str:
    """Nobody else's."""
    return uuid.uuid4().hex


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A profile of its own."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab; an exception or a console error on the page fails the test, but for requests that were meant to fail."""
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text))
    yield page
    assert [text for text in problems if not text.startswith("Failed to load resource")] == []
