"""Two clocks: one leads, the other takes over within seconds, and one that was only paused does no harm."""

from __future__ import annotations

import functools
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from cueline import events
from cueline.jobs.worker import DRAIN, queue_of
from cueline.store import tables
from cueline.store.session import reading, writing
from cueline.streams import keys
from tests.e2e.stack import eventually
from tests.faults import sender
from tests.faults.browsers import NUMBERED, Browsers, disorder, written
from tests.faults.site import JOBS, Site, running

pytestmark = [pytest.mark.redis, pytest.mark.timeout(300)]

CLOCKS = ("clock-a", "clock-b")
DRAINS = ("drain-0", "drain-1")
VISITORS = 20


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    database = f"sqlite:///{tmp_path / 'cueline.db'}"
    with running(Site(tmp_path, database, {"campaigns": [NUMBERED]}, CUELINE_SLICE_S="1")) as site:
        with writing(site.engine) as connection:
            connection.execute(update(tables.workspaces).values(hold_ms=1_000))
        for name in CLOCKS:
            site.start(name, *JOBS, "clock")
        for name in DRAINS:
            site.start(name, *JOBS, "drain")
        yield site


def test_a_leader_that_is_killed_or_paused_is_followed_and_nothing_happens_twice(site: Site) -> None:
    url = site.start_web()
    eventually(lambda: sender.is_up(url), 60)
    eventually(lambda: leader(site), 60)
    browsers = Browsers([url], 60, 40, 5, 6)
    browsers.start()
    report_unnamed(url, "early")
    eventually(lambda: browsers.share_done >= 0.2, 60)
    killed = leader(site)
    site.kill(killed)
    paused = eventually(functools.partial(another_leader, site, killed), 60)
    site.start(killed, *JOBS, "clock")
    report_unnamed(url, "late")
    site.signal(paused, signal.SIGSTOP)
    eventually(functools.partial(another_leader, site, paused), 60)
    replace_a_drain(site)
    site.signal(paused, signal.SIGCONT)
    browsers.finish()
    settle(site, browsers)


def leader(site: Site) -> str:
    """The name of the clock that leads; empty between two."""
    holder = site.redis.get(keys.CLOCK_LEADER) or b""
    pids = {str(site.pid(name)).encode(): name for name in CLOCKS if not site.has_ended(name)}
    return next((name for pid, name in pids.items() if b"-" + pid + b"-" in holder), "")


def another_leader(site: Site, gone: str) -> str:
    found = leader(site)
    return found if found != gone else ""


def report_unnamed(url: str, eid: str) -> None:
    """Events of visitors that never log in: the leader lets each expire, once."""
    for visitor in range(VISITORS):
        said = [{"eid": eid, "type": "client_action", "payload": {"client_action": "Counted", "number": 0}}]
        body = {"key": "wk_faults", "visitor_id": f"stranger-{visitor}", "events": said}
        assert sender.deliver(url, "/v1/collect", body)


def replace_a_drain(site: Site) -> None:
    """Whoever leads now queues a job for its slot."""
    site.kill(DRAINS[0])
    site.start(DRAINS[0], *JOBS, "drain")


def settle(site: Site, browsers: Browsers) -> None:
    eventually(lambda: site.waiting() == 0, 60)
    assert disorder(written(site.engine), each=browsers.each) == {}
    assert len(written(site.engine)) == browsers.count * browsers.each
    eventually(lambda: statuses(site) == {events.EXPIRED: 2 * VISITORS}, 60)
    # One job for each of the two slots, at work or queued: doubles end by themselves.
    eventually(lambda: len(queue_of(DRAIN, site.redis)) <= len(DRAINS), 60)
    assert all("Traceback" not in site.log(name) for name in CLOCKS + DRAINS)


def statuses(site: Site) -> Counter[str]:
    with reading(site.engine) as connection:
        query = select(tables.events.c.status).where(tables.events.c.visitor_id.like("stranger-%"))
        return Counter(connection.execute(query).scalars())
