"""Drains are killed, stopped and added while browsers report: what each one reported stays in its order."""

from __future__ import annotations

import functools
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cueline.streams import keys
from tests.e2e.stack import eventually
from tests.faults import sender
from tests.faults.browsers import NUMBERED, Browsers, disorder, last_numbers, written
from tests.faults.site import JOBS, Site, running
from tests.faults.watch import Watch, is_fair, wait_until_fair

pytestmark = [pytest.mark.redis, pytest.mark.timeout(400)]

PARTITIONS = 8
BROWSERS = 500
# Far beyond the 10 s in which a partition is to be read again: other work may share this machine.
STUCK_S = 60
CHANGES = ("kill", "add", "stop", "add")


@dataclass
class Drains:
    """Processes that come and go. `took`: what was done, and the seconds until the shares were fair again."""

    site: Site
    names: list[str] = field(default_factory=list)
    took: list[tuple[str, float]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def change(self, how: str) -> None:
        steps: dict[str, Callable[[], float]] = {"add": self.add, "kill": self.kill, "stop": self.stop}
        since_s = steps[how]()
        wait_until_fair(self.site, [self.site.pid(name) for name in self.names])
        self.took.append((how, round(time.monotonic() - since_s, 2)))

    def add(self) -> float:
        """When it was first seen among the drains: before that Python starts, and the clock queues a job for it."""
        name = f"drain-{next(self._numbers)}"
        self.site.start(name, *JOBS, "drain")
        self.names.append(name)
        eventually(functools.partial(self._is_known, f"-{self.site.pid(name)}".encode()), 60)
        return time.monotonic()

    def _is_known(self, pid: bytes) -> bool:
        return any(name.endswith(pid) for name in self.site.redis.zrange(keys.DRAINS, 0, -1))

    def kill(self) -> float:
        self.site.kill(self.names.pop(0))
        return time.monotonic()

    def stop(self) -> float:
        """When it was asked to."""
        since_s = time.monotonic()
        self.site.stop(self.names.pop(0))
        return since_s


def flow(site: Site, browsers: Browsers, changes: tuple[str, ...]) -> tuple[Drains, Watch]:
    """All of it is sent while the drains change, and drained."""
    drains = Drains(site)
    for _ in range(4):
        drains.add()
    eventually(lambda: sender.is_up(browsers.urls[0]), 30)
    with Watch(site) as watch:
        browsers.start()
        for number, how in enumerate(changes):
            share = (number + 0.5) / len(changes) * browsers.free_share
            eventually(functools.partial(lambda share: browsers.share_done >= share, share), 120)
            drains.change(how)
        browsers.finish()
        eventually(lambda: site.waiting() == 0, 120)
    return drains, watch


def check(site: Site, browsers: Browsers) -> None:
    eids = written(site.engine)
    assert disorder(eids, each=browsers.each) == {}
    assert len(eids) == browsers.count * browsers.each
    assert last_numbers(site.engine) == {f"u-b{n}": browsers.each - 1 for n in range(browsers.count)}


@pytest.fixture
def partitioned(tmp_path: Path, database_url: str, lease_ms: int) -> Iterator[Site]:
    settings = {"CUELINE_PARTITIONS": str(PARTITIONS), "CUELINE_LEASE_MS": str(lease_ms), "CUELINE_SLICE_S": "10"}
    with running(Site(tmp_path, database_url, {"campaigns": [NUMBERED]}, **settings)) as site:
        site.start_job("clock")
        yield site


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("lease_ms", [2_000])
def test_order_holds_while_drains_come_and_go(partitioned: Site) -> None:
    browsers = Browsers([partitioned.start_web()], BROWSERS, 16, 4, 12)
    _, watch = flow(partitioned, browsers, CHANGES)
    check(partitioned, browsers)
    assert watch.longest_s < STUCK_S


@pytest.mark.soak
@pytest.mark.parametrize("lease_ms", [6_000])
def test_50_000_events_of_500_browsers_stay_in_order(partitioned: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """With the lease as it is by default."""
    browsers = Browsers([partitioned.start_web()], BROWSERS, 100, 10, 120, deadline_s=300)
    drains, watch = flow(partitioned, browsers, CHANGES * 4)
    check(partitioned, browsers)
    with capsys.disabled():
        print(f"\n{partitioned.engine.dialect.name}: fair again after {drains.took} s;", end=" ")
        print(f"an entry was at its stream's head for {watch.longest_s:.1f} s at most")
    assert watch.longest_s < STUCK_S


@pytest.mark.parametrize("numbers", [[0, 2], [0, 1, 1, 2], [1, 0, 2], [0, 1, 2, 3]])
def test_the_judge_of_order_sees_what_is_lost_doubled_or_out_of_order(numbers: list[int]) -> None:
    good = [f"b1.{n}" for n in range(3)]
    assert disorder(good, each=3) == {}
    assert disorder([*good, *(f"b2.{n}" for n in numbers)], each=3) == {"b2": numbers}


def test_the_judge_of_shares_sees_a_partition_without_owner_and_a_drain_with_too_many() -> None:
    assert is_fair(Counter({1: 3, 2: 3, 3: 2}), [1, 2, 3], 8)
    for unfair in ({1: 3, 2: 3, 3: 1}, {1: 4, 2: 2, 3: 2}, {1: 4, 2: 4}, {1: 3, 2: 3, 9: 2}):
        assert not is_fair(Counter(unfair), [1, 2, 3], 8)
