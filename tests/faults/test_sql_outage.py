"""SQL restarted, killed and locked under load: events are taken all the time, and what they do waits and goes on."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, text

from cueline.store import tables
from cueline.store.session import is_postgresql, open_engine, reading, writing
from tests.deliveries.mailbox import Mailbox
from tests.e2e.stack import eventually, profile
from tests.faults import sender
from tests.faults.house import OPEN, House, lived_in
from tests.faults.onlooker import Onlooker
from tests.faults.postgres import IMMEDIATE, KILL, Postgres, postgres
from tests.faults.shoppers import Shoppers
from tests.faults.site import COUNTED, Site

pytestmark = [pytest.mark.redis, pytest.mark.timeout(300)]

# Three tries of two seconds in one page, behind others, and on a busy machine.
_SOON_S = 15.0
MAILED = {"key": "mailed", "kind": "rule", "trigger": {"action": "Mailed"}, "do": [{"send": "hello"}]}
HELLO = {"key": "hello", "channel": "email", "category": "marketing", "subject": "Hello", "text": "Hello"}
DOCUMENT: dict[str, Any] = {"templates": [HELLO], "campaigns": [COUNTED, MAILED | {"entry": {"limit": 1_000}}]}


@pytest.fixture
def server() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="cl-pg-") as folder, postgres(Path(folder) / "data") as server:
        yield server


@contextmanager
def lock(site: Site) -> Iterator[None]:
    """As a forgotten `psql` or `sqlite3` in another terminal holds it."""
    engine = open_engine(site.settings.sql_url())
    with writing(engine) as connection:
        _lock(connection)
        yield
    engine.dispose()


def _lock(connection: Connection) -> None:
    if is_postgresql(connection):
        connection.execute(text("LOCK TABLE campaigns, events, users, deliveries IN ACCESS EXCLUSIVE MODE"))


def restart(server: Postgres, how: signal.Signals, away_s: float) -> None:
    server.stop(how)
    time.sleep(away_s)
    server.start()


@pytest.mark.postgres
def test_postgresql_is_restarted_and_killed_under_load_and_all_goes_on(server: Postgres, tmp_path: Path) -> None:
    with lived_in(Site(tmp_path, server.url, DOCUMENT, **OPEN)) as house:
        clock = house.pid("clock")
        shoppers = house.load(1_600, 4, seed=1)
        with Onlooker(house.url) as onlooker:
            time.sleep(1)
            restart(server, IMMEDIATE, 2)
            house.take_one("after-a-restart")
            restart(server, KILL, 0)
            house.take_one("after-a-kill")
            verdict = house.settle(shoppers)
        assert verdict.is_good, verdict
        assert_taken(shoppers)
        onlooker.check()
        assert any('"sql":"does not answer' in answer.text for answer in onlooker.of("/readyz"))
        assert not house.site.has_ended("clock") and house.pid("clock") == clock
        assert dead_letters(house.site) == 0


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.soak])])
def test_sql_is_locked_for_twenty_seconds_and_only_what_needs_it_waits(
    kind: str, tmp_path: Path, mailbox: Mailbox, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'cueline.db'}" if kind == "sqlite" else request.getfixturevalue("server").url
    mailbox.mails.clear()
    with lived_in(Site(tmp_path, url, DOCUMENT, CUELINE_SMTP_URL=mailbox.url, **OPEN)) as house:
        mail(house, "before", 3)
        shoppers = house.load(2_000, 18, seed=2)
        with Onlooker(house.url) as onlooker:
            time.sleep(1)
            with lock(house.site):
                mail(house, "during", 3)
                refusal = write(house)
                time.sleep(20)
            house.take_one("after-a-lock")
            verdict = house.settle(shoppers)
        assert verdict.is_good, verdict
        assert_taken(shoppers)
        onlooker.check()
        assert max(onlooker.slowest_s().values()) < _SOON_S, onlooker.slowest_s()
        sender.check(refusal, 503)
        assert refusal.status == 503, "a page that writes was put off"
        assert refusal.seconds < _SOON_S, refusal
        eventually(lambda: len(mailbox.mails) == 6, 60)
        eventually(lambda: states(house.site) == {"sent": 6}, 60)
        assert len(mailbox.mails) == 6, "none of them twice"
        assert dead_letters(house.site) == 0


@pytest.mark.soak
@pytest.mark.postgres
@pytest.mark.timeout(0)
def test_postgresql_goes_and_comes_for_as_long_as_it_is_let(server: Postgres, tmp_path: Path) -> None:
    chance = random.Random(20_261_123)
    seconds = float(os.environ.get("SOAK_S", "60"))
    faults: list[Callable[[], None]] = [
        lambda: restart(server, IMMEDIATE, chance.uniform(0, 8)),
        lambda: restart(server, KILL, chance.uniform(0, 8)),
    ]
    with lived_in(Site(tmp_path, server.url, DOCUMENT, **OPEN)) as house:
        shoppers = house.load(int(seconds * 200), seconds, seed=3)
        until_s = time.monotonic() + seconds
        with Onlooker(house.url) as onlooker:
            while time.monotonic() < until_s:
                chance.choice(faults)()
                back_s = time.monotonic()
                house.take_one(f"back-{back_s}")
                print(f"an effect again {time.monotonic() - back_s:.2f} s after PostgreSQL was back")
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
        assert dead_letters(house.site) == 0


def assert_taken(shoppers: Shoppers) -> None:
    """The doors need no SQL."""
    assert set(shoppers.answers) == {"202"}, shoppers.answers
    assert shoppers.slowest_s < _SOON_S, shoppers


def write(house: House) -> sender.Answer:
    return sender.ask(house.url, "/api/v1/campaigns", DOCUMENT, method="PUT", timeout_s=60)


def mail(house: House, name: str, count: int) -> None:
    """Users with an address, each with one mail to come."""
    for user in (f"{name}-{number}" for number in range(count)):
        address = [profile(f"address-{user}", user, email=f"{user}@shop.example")]
        assert sender.deliver(house.url, "/api/v1/events", address)
        assert sender.deliver(house.url, *sender.server_batch(user, [f"mail-{user}"], "Mailed"))


def states(site: Site) -> dict[str, int]:
    table = tables.deliveries
    with reading(site.engine) as connection:
        rows = connection.execute(select(table.c.state, func.count()).group_by(table.c.state))
        return {row[0]: row[1] for row in rows}


def dead_letters(site: Site) -> int:
    with reading(site.engine) as connection:
        return connection.scalar(select(func.count()).select_from(tables.dead_letters)) or 0
