"""A process that dies between two steps, and what the next one makes of it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cueline.deliveries.channels.channel import Delivered, Message
from cueline.deliveries.channels.email import KeptMail
from cueline.deliveries.outcomes import OVERDUE_MS, report_unreported
from cueline.deliveries.retries import MAX_ATTEMPTS
from cueline.errors import Unavailable
from tests.deliveries.mailbox import Mailbox
from tests.deliveries.rows import HELLO, House

ROOT = Path(__file__).parents[2]
LEASE_MS = 60_000
SENDING_LEASE_MS = 180_000

# A worker that dies, without any clean-up, when it comes to one step of store.deliveries; before it or after it.
DOOMED = """
import os, signal, sys
from cueline.clock import FrozenClock
from cueline.config import Settings
from cueline.deliveries.outbox import work
from cueline.store import deliveries
from cueline.store.session import open_engine

step, smtp_url, database_url, now_ms = sys.argv[1:]
when, name = step.split(":")

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

if name == "report":
    report = die
else:
    real, report = getattr(deliveries, name), lambda entries: None
    setattr(deliveries, name, die if when == "before" else lambda *a, **k: (real(*a, **k), a[0].commit(), die()))
settings = Settings(smtp_url=smtp_url, public_url="https://cueline.shop.example")
work(open_engine(database_url), settings=settings, clock=FrozenClock(int(now_ms)), report=report, stop=lambda: False)
"""


def die_at(step: str, mailing: House, database_url: str) -> None:
    # Its pooled connections must not be shared with the child's.
    mailing.engine.dispose()
    arguments = [step, mailing.settings.smtp_url, database_url, str(mailing.clock.now_ms())]
    done = subprocess.run([sys.executable, "-c", DOOMED, *arguments], cwd=ROOT, timeout=60)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("step", ["after:claim", "before:start"])
def test_who_died_before_sending_leaves_it_to_the_next_who_sends_it_once(
    mailing: House, smtp: Mailbox, database_url: str, step: str
) -> None:
    delivery = mailing.delivery()
    die_at(step, mailing, database_url)
    assert mailing.work() == 0, "the dead one's lease still stands"
    mailing.clock.advance(LEASE_MS)
    mailing.work()
    assert mailing.row(delivery).state == "sent"
    assert len(smtp.mails) == 1


@pytest.mark.parametrize(("step", "mails"), [("after:start", 0), ("before:close", 1)])
def test_marketing_that_crashed_while_sending_is_not_sent_again(
    mailing: House, smtp: Mailbox, database_url: str, step: str, mails: int
) -> None:
    mailing.template(**HELLO | {"category": "marketing"})
    delivery = mailing.delivery()
    die_at(step, mailing, database_url)
    assert mailing.row(delivery).state == "sending"
    mailing.clock.advance(SENDING_LEASE_MS - 1)
    assert mailing.work() == 0, "it might still be sending"
    mailing.clock.advance(1)
    assert mailing.work() == 1
    row = mailing.row(delivery)
    assert (row.state, row.reason) == ("failed", "crashed_while_sending")
    assert len(smtp.mails) == mails
    assert [entry.type for entry in mailing.reported] == ["email_failed"]


@pytest.mark.parametrize(("step", "mails"), [("after:start", 1), ("before:close", 2)])
def test_a_transactional_mail_that_crashed_while_sending_is_sent_again_with_its_message_id(
    mailing: House, smtp: Mailbox, database_url: str, step: str, mails: int
) -> None:
    delivery = mailing.delivery()
    die_at(step, mailing, database_url)
    mailing.clock.advance(SENDING_LEASE_MS)
    mailing.work()
    row = mailing.row(delivery)
    assert (row.state, row.attempts) == ("sent", 2)
    assert len(smtp.mails) == mails
    assert len({mail.parsed()["Message-ID"] for mail in smtp.mails}) == 1


@pytest.mark.parametrize("step", ["after:close", "before:report"])
def test_who_died_before_reporting_is_reported_for_by_the_sweep(
    mailing: House, smtp: Mailbox, database_url: str, step: str
) -> None:
    delivery = mailing.delivery()
    die_at(step, mailing, database_url)
    assert mailing.row(delivery).state == "sent"
    mailing.clock.advance(OVERDUE_MS)
    assert mailing.work() == 0
    assert sweep(mailing) == 1
    assert [entry.eid for entry in mailing.reported] == [f"sent:{delivery}"]
    assert sweep(mailing) == 0
    assert len(smtp.mails) == 1


def test_who_died_between_report_and_note_is_repeated_with_the_same_eid(
    mailing: House, smtp: Mailbox, database_url: str
) -> None:
    mailing.delivery()
    die_at("before:mark_reported", mailing, database_url)
    mailing.clock.advance(OVERDUE_MS)
    sweep(mailing)
    assert len(mailing.reported) == 1
    assert len(smtp.mails) == 1


def sweep(house: House) -> int:
    return report_unreported(house.engine, clock=house.clock, report=house.reported.extend)


def test_repeat_after_crash_overrules_the_category(house: House) -> None:
    house.template(**HELLO | {"category": "marketing", "repeat_after_crash": True})
    repeated = house.delivery(**crashed(house))
    house.work()
    assert house.row(repeated).state == "kept"
    house.template(**HELLO | {"repeat_after_crash": False})
    failed = house.delivery(**crashed(house))
    house.work()
    assert house.row(failed).reason == "crashed_while_sending"


def test_a_mail_that_crashes_every_time_is_given_up(house: House) -> None:
    delivery = house.delivery(**crashed(house) | {"attempts": MAX_ATTEMPTS})
    house.work()
    assert house.row(delivery).reason == "gave_up: crashed_while_sending"


def crashed(house: House) -> dict[str, Any]:
    lease = {"lease_token": "dead", "lease_until_ms": house.clock.now_ms()}
    texts = {"to": "ada@shop.example", "subject": "s", "html": None, "text": "t"}
    return {"state": "sending", "attempts": 1, **lease, **texts}


class Broken(KeptMail):
    """Ends the way no channel may: with an error that is no DeliveryError."""

    def deliver(self, message: Message) -> Delivered:
        raise ZeroDivisionError


class Slow(KeptMail):
    """Loses its lease while it looks up the address."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.looked_up = self.delivered = 0

    def address(self, properties: Mapping[str, Any]) -> str:
        self.looked_up += 1
        self.house.clock.advance(LEASE_MS)
        return super().address(properties)

    def deliver(self, message: Message) -> Delivered:
        self.delivered += 1
        return super().deliver(message)


def test_a_bug_in_a_channel_gives_the_unstarted_ones_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = house.delivery(), house.delivery()
    channels = {"email": lambda settings: Broken()}
    monkeypatch.setattr("cueline.deliveries.outbox.CHANNELS", channels)
    with pytest.raises(ZeroDivisionError):
        house.work()
    assert (house.row(first).state, house.row(second).lease_token) == ("sending", None)


def test_who_lost_his_lease_sends_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = house.delivery(), house.delivery()
    slow = Slow(house)
    monkeypatch.setattr("cueline.deliveries.outbox.CHANNELS", {"email": lambda settings: slow})
    assert house.work() == 0
    assert (slow.looked_up, slow.delivered) == (1, 0)
    assert [house.row(delivery).state for delivery in (first, second)] == ["pending", "pending"]


def test_a_door_that_is_away_loses_no_outcome(house: House) -> None:
    delivery = house.delivery()

    def away(entries: object) -> None:
        raise Unavailable("no Redis")

    with pytest.raises(Unavailable):
        house.work(report=away)
    assert (house.row(delivery).state, house.row(delivery).reported_ms) == ("kept", None)
    house.clock.advance(OVERDUE_MS)
    assert sweep(house) == 1
    assert house.row(delivery).reported_ms == house.clock.now_ms()
