"""At every boundary a process dies once, and what was acknowledged has its effect, once."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select, update

from cueline import crash
from cueline.store import tables
from cueline.store.session import reading, writing
from tests.conftest import free_port
from tests.deliveries.mailbox import Mailbox
from tests.e2e.stack import eventually, profile
from tests.faults import sender
from tests.faults.site import COUNTED, JOBS, Site, running

pytestmark = pytest.mark.redis

DRAIN = ["after_read_before_commit", "after_commit_before_acknowledge"]
WEB = "after_append_before_answer"
REPLAY = "after_replay_before_mark"  # walked in tests/deadletters/test_replay.py
CLOCK = "after_queueing_resident"
# Point, category, mails that arrive, state at the end.
DELIVER = [
    ("after_claim_before_start", "marketing", 1, "sent"),
    ("after_start_before_send", "marketing", 0, "failed"),
    ("after_start_before_send", "transactional", 1, "sent"),
    ("after_send_before_record", "marketing", 1, "failed"),
    ("after_send_before_record", "transactional", 2, "sent"),
    ("after_record_before_report", "transactional", 1, "sent"),
    ("after_report_before_mark", "transactional", 1, "sent"),
]
CATEGORIES = ("marketing", "transactional")
DOCUMENT: dict[str, Any] = {
    "templates": [
        {"key": name, "channel": "email", "category": name, "subject": "Hello", "text": "Hello"} for name in CATEGORIES
    ],
    "campaigns": [
        COUNTED,
        *(
            {"key": name, "kind": "rule", "trigger": {"action": name}, "do": [{"send": name}, {"tag": {"add": ["x"]}}]}
            for name in CATEGORIES
        ),
    ],
}


@pytest.fixture(scope="module")
def site(home: Path, database: str, mailbox: Mailbox) -> Iterator[Site]:
    """With a web process and a clock that live on."""
    with running(Site(home, database, DOCUMENT, CUELINE_SMTP_URL=mailbox.url)) as site:
        site.start_job("clock")
        yield site


@pytest.fixture(scope="module")
def url(site: Site) -> str:
    return site.start_web()


def test_every_point_is_walked() -> None:
    assert {*DRAIN, WEB, CLOCK, REPLAY, *(row[0] for row in DELIVER)} == set(crash.POINTS)


@pytest.mark.parametrize("point", DRAIN)
def test_a_drain_dies_and_each_event_has_one_effect(site: Site, url: str, point: str) -> None:
    eids = [f"{point}-{n}" for n in range(20)]
    site.start_job("drain", crash_at=point)
    assert sender.deliver(url, *sender.browser_batch(point, point, eids[:10]))
    assert sender.deliver(url, *sender.server_batch(point, eids[10:]))
    site.wait_until_dead("drain")
    drain_and_check(site, eids)


def test_web_dies_after_the_append_and_the_repeat_changes_nothing(site: Site) -> None:
    batches = [sender.browser_batch("w", "w", ["web-1", "web-2"]), sender.server_batch("w", ["web-3", "web-4"])]
    for number, batch in enumerate(batches):
        port = free_port()
        name = f"doomed-web-{number}"
        url = site.start_web(name, port=port, crash_at=WEB)
        eventually(functools.partial(sender.is_up, url), 30)
        assert not sender.post(url, *batch), "it died before it could answer"
        site.kill(name)
    healthy = site.start_web("next-web")
    for batch in batches:
        assert sender.deliver(healthy, *batch)
    site.kill("next-web")
    assert site.waiting() == 8, "every event is in the streams twice"
    site.start_job("drain")
    eventually(lambda: site.waiting() == 0, 30)
    drain_and_check(site, ["web-1", "web-2", "web-3", "web-4"], is_running=True)


@pytest.mark.parametrize(("point", "category", "mails", "state"), DELIVER)
def test_a_deliver_process_dies_and_the_mail_goes_out_as_its_template_says(
    site: Site, url: str, mailbox: Mailbox, point: str, category: str, mails: int, state: str
) -> None:
    user = f"{point}-{category}"
    mailbox.mails.clear()
    site.start_job("drain")
    site.start_job("deliver", crash_at=point)
    assert sender.deliver(url, "/api/v1/events", [profile(f"p-{user}", user, email="ada@shop.example")])
    assert sender.deliver(url, *sender.server_batch(user, [f"m-{user}"], category))
    site.wait_until_dead("deliver")
    let_time_pass(site)
    site.start_job("deliver")
    eventually(functools.partial(is_reported, site, user), 30)
    outcome = f"{state}:{deliveries(site, user)[0].id}"
    eventually(lambda: outcomes(site, user) == [outcome], 30)
    for name in ("deliver", "drain"):
        site.stop(name)
    assert [row.state for row in deliveries(site, user)] == [state]
    assert len(mailbox.mails) == mails
    assert len({mail.parsed()["Message-ID"] for mail in mailbox.mails}) == min(mails, 1)


def test_the_clock_dies_after_queueing_a_resident_and_the_next_one_goes_on(site: Site, url: str) -> None:
    site.stop("clock")
    # Nothing is queued and nobody is at work, as when RQ's Redis was wiped.
    site.redis.delete("rq:queue:cueline-drain", "rq:queue:cueline-deliver", *site.redis.keys("cueline:slot:*"))
    site.start("doomed-clock", *JOBS, "clock", crash_at=CLOCK)
    site.wait_until_dead("doomed-clock")
    site.start_job("clock")
    site.start_job("drain")
    assert sender.deliver(url, *sender.server_batch("c", ["clock-1"]))
    drain_and_check(site, ["clock-1"], is_running=True)


def drain_and_check(site: Site, eids: list[str], *, is_running: bool = False) -> None:
    if not is_running:
        let_time_pass(site)
        site.start_job("drain")
    wanted = set(eids)
    eventually(lambda: wanted <= set(site.effects()) and site.waiting() == 0, 30)
    site.stop("drain")
    assert sorted(eid for eid in site.effects() if eid in wanted) == sorted(eids)


def let_time_pass(site: Site) -> None:
    """What a dead process held runs out: its sign of life, its claims, the time in which it would have reported."""
    for slot in site.redis.keys("cueline:slot:*"):
        site.redis.delete(slot)
    table = tables.deliveries
    with writing(site.engine) as connection:
        connection.execute(update(table).where(table.c.lease_until_ms > 0).values(lease_until_ms=1))
        closed = update(table).where(table.c.closed_ms > 0, table.c.reported_ms.is_(None))
        connection.execute(closed.values(closed_ms=table.c.closed_ms - 60_000))


def deliveries(site: Site, user: str) -> list[Row[Any]]:
    table = tables.deliveries
    query = select(table).join(tables.users, table.c.user_id == tables.users.c.id).where(tables.users.c.ext_id == user)
    with reading(site.engine) as connection:
        return list(connection.execute(query).all())


def is_reported(site: Site, user: str) -> bool:
    found = deliveries(site, user)
    return bool(found) and all(row.reported_ms is not None for row in found)


def outcomes(site: Site, user: str) -> list[str]:
    """The eids of the outcomes that came back in at the door."""
    table = tables.events
    query = select(table.c.eid).join(tables.users, table.c.user_id == tables.users.c.id)
    with reading(site.engine) as connection:
        return list(
            connection.execute(query.where(tables.users.c.ext_id == user, table.c.sender == "sys")).scalars().all()
        )
