"""Visitors reload, crash, log in and out, lose the network, while the collector dies and comes back.

`make soak ARGS="tests/sdk/test_sessions.py -k 24"` is a minute of it; without `-k 24` a thousand visitors come, too.
A run is repeated with the seed that it printed, in CUELINE_SESSIONS_SEED.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from playwright.async_api import Browser, async_playwright

from tests.e2e.stack import eventually
from tests.sdk.installation import Installation
from tests.sdk.script import Step, script
from tests.sdk.shopfront import Shopfront
from tests.sdk.visitor import Told, visit

pytestmark = [pytest.mark.browser, pytest.mark.redis, pytest.mark.soak]

AT_ONCE = 6


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(24, marks=[pytest.mark.soak, pytest.mark.timeout(600)], id="24"),
        pytest.param(1_000, marks=pytest.mark.timeout(7_200), id="1000"),
    ],
)
def test_what_the_browser_has_stored_has_one_effect_whatever_happens_to_tabs_network_and_collector(
    count: int, chromium: str, installation: Installation, shop: Shopfront
) -> None:
    seed = int(os.environ.get("CUELINE_SESSIONS_SEED", time.time_ns() // 1_000_000))
    print(f"CUELINE_SESSIONS_SEED={seed}")
    told, restarts = Told(), Restarts(installation, seed)
    restarts.start()
    failures: list[BaseException] = []
    player = threading.Thread(target=_play, args=(chromium, shop.url, seed, count, told, failures))
    player.start()
    player.join()
    restarts.stop()
    assert not failures, failures
    _judge(installation, seed, told)
    print(f"{count} sessions, {len(told.stored)} stored actions, {restarts.count} restarts of the collector")


def _judge(installation: Installation, seed: int, told: Told) -> None:
    eventually(lambda: installation.site.waiting() == 0, 120)
    rows = [row for row in installation.effects() if row.name.startswith(f"{seed}.")]
    effects = Counter(row.name for row in rows)
    lost = sorted(set(told.stored) - set(effects))
    assert (lost, [name for name, times in effects.items() if times > 1]) == ([], [])
    users = {row.name: row.user for row in rows}
    assert {name: users[name] for name, user in told.stored.items() if user not in (None, users[name])} == {}
    assert told.problems == []


class Restarts:
    """Kills the collector now and then and starts it again, in a thread."""

    def __init__(self, installation: Installation, seed: int) -> None:
        self.installation = installation
        self.random = Random(seed)
        self.count = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._is_over.wait(self.random.uniform(6, 12)):
            self.installation.stop()
            self._is_over.wait(self.random.uniform(0, 2))
            self.installation.start()
            self.count += 1


def _play(chromium: str, url: str, seed: int, count: int, told: Told, failures: list[BaseException]) -> None:
    """In a thread of its own, because the browser of the other tests has the event loop of this one."""
    try:
        asyncio.run(_sessions(chromium, url, seed, count, told))
    except BaseException as error:
        failures.append(error)


async def _sessions(chromium: str, url: str, seed: int, count: int, told: Told) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium)
        numbers = iter(range(count))
        await asyncio.gather(*(_one_after_the_other(browser, url, seed, numbers, told) for _ in range(AT_ONCE)))
        await browser.close()


async def _one_after_the_other(browser: Browser, url: str, seed: int, numbers: Iterator[int], told: Told) -> None:
    for number in numbers:
        last = Step("log_in_and_act", 0, f"{seed}.{number}.last", f"{seed}.{number}.u0", 0)
        await visit(browser, url, script(seed, number), last, told)
