"""SIGTERM under load: each process ends soon, with its batch acknowledged, and the next one repeats nothing."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cueline.drain.loop import BATCH
from cueline.store.session import open_engine, writing
from cueline.streams import keys
from cueline.streams.connect import connect
from tests.conftest import free_port
from tests.e2e.stack import Stack, eventually
from tests.faults import sender
from tests.faults.browsers import NUMBERED, Browsers, disorder, written
from tests.faults.site import SETTINGS, Site, running

pytestmark = [pytest.mark.redis, pytest.mark.timeout(300)]

CUELINE = (sys.executable, "-m", "cueline")
# Two statements that wait for a locked database, or a few calls to a Redis that does not answer.
BOUND_S = 60.0


@dataclass
class Pairs:
    """Two of each kind of process but the clock, so that one may be away. `took`: the seconds in which each ended."""

    site: Site
    ports: dict[str, int] = field(default_factory=lambda: {"web-0": free_port(), "web-1": free_port()})
    took: list[tuple[str, float]] = field(default_factory=list)

    names = ("web-0", "web-1", "worker-0", "worker-1", "clock-0")

    @property
    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self.ports.values()]

    def start(self, name: str) -> None:
        kind = name.partition("-")[0]
        if kind == "web":
            self.site.start_web(name, port=self.ports[name])
            eventually(lambda: sender.is_up(f"http://127.0.0.1:{self.ports[name]}"), 60)
        else:
            self.site.start(name, *CUELINE, *{"worker": ("worker", "--deliver", "0"), "clock": ("clock",)}[kind])

    def start_all(self) -> None:
        for name in self.names:
            self.start(name)
        eventually(lambda: self.site.redis.zcard(keys.DRAINS) == 2, 60)

    def restart(self, name: str) -> None:
        since_s = time.monotonic()
        self.site.stop(name)
        self.took.append((name, round(time.monotonic() - since_s, 2)))
        self.start(name)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    database = f"sqlite:///{tmp_path / 'cueline.db'}"
    with running(Site(tmp_path, database, {"campaigns": [NUMBERED]}, CUELINE_SLICE_S="5")) as site:
        yield site


@pytest.fixture
def three(site: Site) -> Browsers:
    """Web, worker and clock, one of each, with browsers at work."""
    url = site.start_web()
    for name in ("worker", "clock"):
        site.start(name, *CUELINE, name)
    eventually(lambda: sender.is_up(url), 60)
    eventually(lambda: site.redis.zcard(keys.DRAINS) == 1, 60)
    browsers = Browsers([url], 40, 20, 5, 3)
    browsers.start()
    eventually(lambda: browsers.share_done >= 0.3, 60)
    return browsers


def test_a_rolling_restart_under_load_loses_and_repeats_nothing(site: Site) -> None:
    pairs = Pairs(site)
    pairs.start_all()
    browsers = Browsers(pairs.urls, 60, 40, 5, 8)
    browsers.start()
    for number, name in enumerate(pairs.names):
        share = (number + 0.5) / len(pairs.names) * browsers.free_share
        eventually(functools.partial(lambda share: browsers.share_done >= share, share), 120)
        pairs.restart(name)
    browsers.finish()
    settle(site, browsers)
    logs = "".join(site.log(name) for name in pairs.names)
    assert repeated(pairs.urls[0]) <= browsers.unknown + excused(logs), (pairs.took, logs)


def test_up_as_a_whole_ends_under_load_and_goes_on_where_it_was(tmp_path: Path, redis_url: str) -> None:
    """With a Redis of RQ's own, where the queues are and nothing else is."""
    (tmp_path / "numbered.yaml").write_text(json.dumps({"campaigns": [NUMBERED]}))
    settings = SETTINGS | {"CUELINE_RQ_REDIS_URL": redis_url}
    first = Stack(tmp_path, settings).start()
    assert first.run("apply", str(tmp_path / "numbered.yaml"), "--yes").returncode == 0
    browsers = Browsers([first.url], 40, 20, 5, 3)
    browsers.start()
    eventually(lambda: browsers.share_done >= 0.3, 60)
    assert first.stop() == 0, first.printed
    assert "Traceback" not in first.printed, first.printed
    with contextlib.closing(connect(redis_url)) as queues:
        kept = list(queues.scan_iter())
    assert kept and all(key.startswith(b"rq:") for key in kept), kept
    second = Stack(tmp_path, settings, port=first.port).start()
    browsers.finish()
    engine = open_engine(f"sqlite:///{second.data / 'cueline.db'}")
    eventually(lambda: len(written(engine)) == browsers.count * browsers.each, 60)
    assert disorder(written(engine), each=browsers.each) == {}
    assert repeated(second.url) <= browsers.unknown + excused(first.printed), first.printed
    assert second.stop() == 0, second.printed
    engine.dispose()


@pytest.mark.soak
def test_with_redis_frozen_each_process_ends_in_bounded_time_and_nothing_is_lost(site: Site, three: Browsers) -> None:
    site.signal("redis", signal.SIGSTOP)
    took = [end(site, name) for name in ("web", "worker", "clock")]
    site.signal("redis", signal.SIGCONT)
    assert max(took) < BOUND_S, took
    go_on(site, three)


@pytest.mark.soak
def test_with_sql_locked_each_process_ends_in_bounded_time_and_nothing_is_lost(site: Site, three: Browsers) -> None:
    with writing(site.engine):
        time.sleep(1)  # a batch waits for the lock now
        took = [end(site, name) for name in ("worker", "clock", "web")]
    assert max(took) < BOUND_S, took
    go_on(site, three)


def test_a_second_signal_ends_a_job_process_at_once(site: Site) -> None:
    site.start_job("clock")
    site.start_job("drain")
    eventually(lambda: site.redis.zcard(keys.DRAINS) == 1, 60)
    site.signal("redis", signal.SIGSTOP)
    until_s = time.monotonic() + BOUND_S
    while not site.has_ended("drain") and time.monotonic() < until_s:
        site.signal("drain", signal.SIGTERM)
        time.sleep(1)
    code = site.wait("drain")
    site.signal("redis", signal.SIGCONT)
    assert code == -signal.SIGTERM, site.log("drain")


def excused(logs: str) -> int:
    """A process that this machine did not let end in its 5 s is killed: then its last batch may be done again."""
    return BATCH * logs.count("is killed")


def end(site: Site, name: str) -> float:
    """Seconds from SIGTERM to its end."""
    since_s = time.monotonic()
    site.signal(name, signal.SIGTERM)
    site.wait(name, BOUND_S)
    return round(time.monotonic() - since_s, 2)


def go_on(site: Site, browsers: Browsers) -> None:
    site.start_web(port=int(browsers.urls[0].rpartition(":")[2]))
    for name in ("worker", "clock"):
        site.start(name, *CUELINE, name)
    browsers.finish()
    settle(site, browsers)


def settle(site: Site, browsers: Browsers) -> None:
    eventually(lambda: site.waiting() == 0, 60)
    assert disorder(written(site.engine), each=browsers.each) == {}
    assert len(written(site.engine)) == browsers.count * browsers.each


def repeated(url: str) -> int:
    """Events that a drain met a second time, as `/metrics` counts them."""
    time.sleep(1.5)  # counters are written every second
    answer = sender.ask(url, "/metrics")
    assert answer.status == 200 and 'status="matched"' in answer.text, answer
    found = re.findall(r'^cueline_drain_events_total\{.*status="repeated".*\} (\S+)$', answer.text, re.MULTILINE)
    return int(sum(map(float, found)))
