"""RQ's Redis is emptied, or stopped, in the middle of load: events flow on, and every resident job is there again."""

from __future__ import annotations

import contextlib
import functools
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis

from cueline.embedded.redis import EmbeddedRedis, prepare
from cueline.jobs.presence import alive
from cueline.jobs.worker import DELIVER, DRAIN, queue_of
from cueline.streams import keys
from cueline.streams.connect import connect
from tests.conftest import free_port
from tests.e2e.stack import environment, eventually
from tests.faults import sender
from tests.faults.browsers import NUMBERED, Browsers, disorder, written
from tests.faults.site import JOBS, Site, running

pytestmark = [pytest.mark.redis, pytest.mark.timeout(300)]

DRAINS = 3


@dataclass
class Queues:
    """Three drains, a deliver process and a clock, at work on slices of a second."""

    site: Site
    rq_redis: Redis
    server: EmbeddedRedis | None = None

    def start(self) -> Browsers:
        url = self.site.start_web()
        self.site.start_job("clock")
        self.site.start_job("deliver")
        for number in range(DRAINS):
            self.site.start(f"drain-{number}", *JOBS, "drain")
        eventually(lambda: sender.is_up(url), 60)
        eventually(self.are_complete, 60)
        browsers = Browsers([url], 60, 40, 5, 5)
        browsers.start()
        return browsers

    def are_complete(self) -> bool:
        """RQ knows every worker, and each has a job: at work, or waiting for it."""
        wanted = {DRAIN: DRAINS, DELIVER: 1}
        return all(self._is_complete(kind, count) for kind, count in wanted.items())

    def _is_complete(self, kind: str, count: int) -> bool:
        queue = queue_of(kind, self.rq_redis)
        slots = sum(int(self.site.redis.exists(keys.slot(kind, n))) for n in range(count))
        return alive(queue) == count and slots + len(queue) >= count

    def logs(self) -> str:
        names = ["clock", "deliver", *(f"drain-{n}" for n in range(DRAINS))]
        return "".join((self.site.home / f"{name}.log").read_text() for name in names)


@contextlib.contextmanager
def queues(home: Path, *, own_redis: bool) -> Iterator[Queues]:
    """On SQLite: what RQ loses does not depend on the database."""
    database = f"sqlite:///{home / 'cueline.db'}"
    if not own_redis:
        with running(Site(home, database, {"campaigns": [NUMBERED]}, CUELINE_SLICE_S="1")) as site:
            yield Queues(site, site.redis)
        return
    server = prepare(home / "rq")
    settings = {"CUELINE_SLICE_S": "1", "CUELINE_RQ_REDIS_URL": server.url}
    with running(Site(home, database, {"campaigns": [NUMBERED]}, **settings)) as site:
        site.start("rq", *server.command())
        eventually(server.is_ready, 20)
        with contextlib.closing(connect(server.url)) as client:
            yield Queues(site, client, server)
    server.clean_up()


def settle(queues: Queues, browsers: Browsers) -> None:
    """All is drained once and in order, nobody's job is missing, and nothing in the logs frightens."""
    browsers.finish()
    eventually(lambda: queues.site.waiting() == 0, 60)
    assert disorder(written(queues.site.engine), each=browsers.each) == {}
    assert len(written(queues.site.engine)) == browsers.count * browsers.each
    eventually(queues.are_complete, 60)
    assert "Traceback" not in queues.logs(), queues.logs()[-3_000:]


def test_an_emptied_redis_of_rq_has_every_resident_again(tmp_path: Path) -> None:
    with queues(tmp_path, own_redis=True) as there:
        browsers = there.start()
        for share in (0.2, 0.4, 0.6):
            eventually(functools.partial(lambda share: browsers.share_done >= share, share), 60)
            there.rq_redis.flushall()
            time.sleep(0.5)
            eventually(there.are_complete, 60)
        settle(there, browsers)


@pytest.mark.soak
def test_where_rq_shares_the_streams_redis_its_keys_may_go_too(tmp_path: Path) -> None:
    with queues(tmp_path, own_redis=False) as there:
        browsers = there.start()
        for share in (0.3, 0.6):
            eventually(functools.partial(lambda share: browsers.share_done >= share, share), 60)
            there.rq_redis.delete(*there.rq_redis.keys("rq:*"))
            time.sleep(0.5)
            eventually(there.are_complete, 60)
        settle(there, browsers)


def test_draining_goes_on_while_rqs_redis_is_stopped_or_frozen(tmp_path: Path) -> None:
    with queues(tmp_path, own_redis=True) as there:
        browsers = there.start()
        for share, leave, come_back in ((0.1, stop, start), (0.5, freeze, thaw)):
            eventually(functools.partial(lambda share: browsers.share_done >= share, share), 60)
            leave(there)
            time.sleep(2)  # every slice is over by now
            eid = f"while-{leave.__name__}"
            assert sender.deliver(browsers.urls[0], *sender.server_batch("somebody", [eid]), seconds=60)
            eventually(functools.partial(lambda eid: eid in set(there.site.effects()), eid), 60)
            come_back(there)
            eventually(there.are_complete, 60)
        settle(there, browsers)


def test_a_worker_that_waits_for_rqs_redis_ends_well(tmp_path: Path) -> None:
    with queues(tmp_path, own_redis=True) as there:
        there.site.start("idle", *JOBS, "drain")
        eventually(lambda: alive(queue_of(DRAIN, there.rq_redis)) == 1, 60)
        stop(there)
        there.site.start("late", *JOBS, "drain")
        eventually(lambda: "waits for RQ's Redis" in there.site.log("late"), 60)
        for name in ("idle", "late"):
            there.site.stop(name)
            assert "Traceback" not in there.site.log(name), there.site.log(name)


def test_up_says_at_once_that_rqs_redis_does_not_answer(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "cueline", "up", "--port", str(free_port()), "--data", str(tmp_path / "data")],
        env=environment(tmp_path / "data", {"CUELINE_RQ_REDIS_URL": f"unix://{tmp_path / 'none.sock'}"}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.returncode == 1
    assert "CUELINE_RQ_REDIS_URL" in said.stderr and "Traceback" not in said.stderr, said.stderr


def stop(there: Queues) -> None:
    there.site.stop("rq")


def start(there: Queues) -> None:
    assert there.server is not None
    there.site.start("rq", *there.server.command())
    eventually(there.server.is_ready, 20)


def freeze(there: Queues) -> None:
    there.site.signal("rq", signal.SIGSTOP)


def thaw(there: Queues) -> None:
    there.site.signal("rq", signal.SIGCONT)
