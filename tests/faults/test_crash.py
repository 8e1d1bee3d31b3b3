"""`kill -9` of workers, web and Redis under load: each acknowledged event has its effect, and none has two."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import free_port
from tests.e2e.stack import eventually
from tests.faults import sender
from tests.faults.judge import judge
from tests.faults.shoppers import Shoppers
from tests.faults.site import COUNTED, JOBS, Site, running

pytestmark = [pytest.mark.redis, pytest.mark.timeout(300)]

SEED = 20_261_123
VICTIMS = ("clock", "drain-0", "drain-1", "web", "redis")


@pytest.fixture
def site(home: Path, database: str) -> Iterator[Site]:
    with running(Site(home, database, {"campaigns": [COUNTED]})) as site:
        yield site


def test_whatever_is_killed_each_acknowledged_event_has_one_effect(site: Site) -> None:
    crew = Crew(site, random.Random(SEED))
    eventually(lambda: sender.is_up(crew.url), 30)
    count, seconds = (20_000, 20.0) if site.engine.dialect.name == "sqlite" else (5_000, 10.0)
    shoppers = Shoppers(crew.url, count, SEED, seconds)
    shoppers.start()
    crew.kill_all_in_turn(shoppers)
    shoppers.let_finish()
    crew.work_until(lambda: shoppers.are_done)
    shoppers.finish()
    assert shoppers.put_off, "no request met a dead process"
    assert shoppers.acknowledged == shoppers.sent
    crew.work_until(lambda: site.waiting() == 0)
    verdict = judge(site.effects(), sent=shoppers.sent, acknowledged=shoppers.acknowledged)
    assert verdict.is_good, verdict


class Crew:
    """Two drains, a clock and a web process: killed one after the other, and started again when they have ended."""

    def __init__(self, site: Site, chance: random.Random) -> None:
        self._site = site
        self._chance = chance
        self._port = free_port()
        self.url = site.start_web(port=self._port)
        self.keep_running()

    def keep_running(self) -> None:
        """As `up` does: a process that ends because Redis is away is started again, too."""
        for name in VICTIMS:
            if self._site.has_ended(name):
                self._start(name)

    def _start(self, name: str) -> None:
        if name == "redis":
            self._site.start_redis()
        elif name == "web":
            self._site.start_web(port=self._port)
        else:
            self._site.start(name, *JOBS, name.partition("-")[0])

    def kill_all_in_turn(self, shoppers: Shoppers) -> None:
        """In an order and at shares of the work that the seed decides; Redis and a drain a second time."""
        order = [*VICTIMS, "redis", "drain-0"]
        self._chance.shuffle(order)
        for number, victim in enumerate(order):
            share = (number + self._chance.random()) / (len(order) + 1)
            self.work_until(functools.partial(_has_come, shoppers, share))
            assert not shoppers.are_done, f"the senders ended before {victim} was killed: {shoppers.failures}"
            if victim == "redis":
                self._site.kill_redis()
            else:
                self._site.kill(victim)
            time.sleep(self._chance.random())

    def work_until(self, is_true: Callable[[], bool]) -> None:
        def look() -> bool:
            self.keep_running()
            return is_true()

        eventually(look, 120)


def _has_come(shoppers: Shoppers, share: float) -> bool:
    return shoppers.share_done >= share or bool(shoppers.failures) or shoppers.are_done
