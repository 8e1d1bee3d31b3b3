"""Redis restarted, killed, stopped and frozen under load: what was acknowledged has its effect, once."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.house import OPEN, House, lived_in
from tests.faults.onlooker import Onlooker
from tests.faults.site import COUNTED, Site

pytestmark = [pytest.mark.redis, pytest.mark.timeout(300)]

# A request waits two seconds for Redis, behind others that do, and on a busy machine.
_SOON_S = 9.0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("outage")
    site = Site(home, f"sqlite:///{home / 'cueline.db'}", {"campaigns": [COUNTED]}, **OPEN)
    with lived_in(site) as house:
        yield house


def stop(house: House, seconds: float) -> None:
    """SIGTERM: it saves and ends."""
    house.site.stop("redis")
    time.sleep(seconds)
    house.site.start_redis()


def kill(house: House, seconds: float) -> None:
    house.site.kill_redis()
    time.sleep(seconds)
    house.site.start_redis()


def freeze(house: House, seconds: float) -> None:
    """It takes connections and says nothing."""
    house.site.signal("redis", signal.SIGSTOP)
    time.sleep(seconds)
    house.site.signal("redis", signal.SIGCONT)


def test_redis_is_restarted_and_killed_under_load_and_all_goes_on(house: House) -> None:
    shoppers = house.load(1_600, 4, seed=1)
    with Onlooker(house.url) as onlooker:
        time.sleep(1)
        stop(house, 2)
        house.take_one("after-a-restart")
        kill(house, 0)
        house.take_one("after-a-kill")
        verdict = house.settle(shoppers)
    assert verdict.is_good, verdict
    assert shoppers.answers["503"] > 0, shoppers.answers
    onlooker.check()
    ready = [answer for answer in onlooker.of("/readyz") if answer.status == 503]
    assert any('"redis":"does not answer' in answer.text for answer in ready), ready
    assert any("Redis does not answer" in answer.text for answer in onlooker.of("/status/feed"))


def test_while_redis_is_frozen_senders_are_put_off_soon_and_other_pages_are_served(house: House) -> None:
    shoppers = house.load(1_600, 5, seed=2)
    with Onlooker(house.url) as onlooker:
        time.sleep(1)
        freeze(house, 6)
        house.take_one("after-a-freeze")
        verdict = house.settle(shoppers)
    assert verdict.is_good, verdict
    assert shoppers.answers["503"] > 8, f"one in two seconds means that they wait in turn: {shoppers.answers}"
    onlooker.check()
    assert onlooker.codes()["/readyz"]["503"], onlooker.codes()
    assert any("Redis does not answer" in answer.text for answer in onlooker.of("/status/feed"))


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_redis_goes_and_comes_for_as_long_as_it_is_let(home: Path, database: str) -> None:
    chance = random.Random(20_261_123)
    seconds = float(os.environ.get("SOAK_S", "60"))
    faults: list[Callable[[House, float], None]] = [stop, kill, freeze]
    with lived_in(Site(home, database, {"campaigns": [COUNTED]}, **OPEN)) as house:
        shoppers = house.load(int(seconds * 200), seconds, seed=3)
        until_s = time.monotonic() + seconds
        with Onlooker(house.url) as onlooker:
            while time.monotonic() < until_s:
                chance.choice(faults)(house, chance.uniform(0, 12))
                back_s = time.monotonic()
                house.take_one(f"back-{back_s}")
                print(f"an effect again {time.monotonic() - back_s:.2f} s after Redis was back")
                time.sleep(chance.uniform(0, 5))
            shoppers.let_finish()
            shoppers.finish()
            verdict = house.verdict(shoppers, seconds=300)
    print(
        len(shoppers.acknowledged),
        shoppers.answers,
        f"slowest {shoppers.slowest_s:.2f} s",
        onlooker.codes(),
        onlooker.slowest_s(),
    )
    assert verdict.is_good, verdict
    onlooker.check()
    assert shoppers.slowest_s < _SOON_S, shoppers.slowest_s
