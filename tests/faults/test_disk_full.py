"""No space left: for Redis events are put off, for SQL they wait in Redis; with space it goes on by itself."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.e2e.stack import eventually
from tests.faults import sender
from tests.faults.disk import KINDS, Disk, kind
from tests.faults.house import OPEN, House, lived_in
from tests.faults.postgres import Postgres, postgres
from tests.faults.shoppers import Shoppers
from tests.faults.site import COUNTED, Site
from tests.faults.test_sql_outage import assert_taken, dead_letters

pytestmark = [pytest.mark.redis, pytest.mark.timeout(300)]

MIB = 24
DOCUMENT = {"campaigns": [COUNTED]}
# The best kind in the suite, each kind that this machine allows in the soak.
BEST = kind()
REDIS_KINDS = [BEST, *(pytest.param(name, marks=pytest.mark.soak) for name in KINDS if name != BEST)]
# SQLite is read by the test itself, which is in no namespace.
SQL_KIND = "tmpfs" if BEST == "tmpfs" else "limit"


@contextmanager
def redis_on(disk: Disk, home: Path) -> Iterator[House]:
    def command(usual: list[str]) -> tuple[str, ...]:
        return disk.wrap(*usual, "--dir", str(disk.folder))

    site = Site(home, f"sqlite:///{home / 'cueline.db'}", DOCUMENT, redis_command=command, **OPEN)
    with lived_in(site) as house:
        yield house


@pytest.mark.parametrize("kind", REDIS_KINDS)
def test_without_disk_redis_takes_no_event_and_with_space_it_goes_on(kind: str, tmp_path: Path) -> None:
    try_kind(kind, tmp_path)
    with KINDS[kind](tmp_path / "disk", MIB) as disk, redis_on(disk, tmp_path) as house:
        shoppers = house.load(1_200, 4, seed=1)
        time.sleep(1)
        disk.fill()
        refusal = eventually(lambda: refused(house), 60)
        assert "cannot write to its disk" in refusal.text, refusal
        assert_nothing_is_taken(shoppers)
        assert sender.ask(house.url, "/readyz").status == 503
        disk.free()
        house.take_one("after-the-space")
        house.site.kill_redis()
        house.site.start_redis()
        verdict = house.settle(shoppers)
        assert verdict.is_good, verdict
        assert dead_letters(house.site) == 0


@pytest.mark.parametrize("kind", [SQL_KIND])
def test_without_disk_sqlite_lets_events_wait_in_redis_and_goes_on_with_space(kind: str, tmp_path: Path) -> None:
    with KINDS[kind](tmp_path / "disk", MIB) as disk:
        site = Site(tmp_path, f"sqlite:///{disk.folder / 'cueline.db'}", DOCUMENT, **OPEN)
        with lived_in(site) as house:
            run_out_of_disk(house, disk)
            assert "database or disk is full" in house.site.log("worker") or kind == "limit"


@pytest.mark.soak
@pytest.mark.postgres
@pytest.mark.parametrize("place", ["tables", "everything"])
def test_without_disk_postgresql_lets_events_wait_in_redis_and_goes_on_with_space(place: str, tmp_path: Path) -> None:
    """Without room for its log, too, PostgreSQL stops, and starts again when there is some."""
    try_kind("tmpfs", tmp_path)
    with tempfile.TemporaryDirectory(prefix="cl-pg-") as folder:
        small = Path(folder) / "small"
        with KINDS["tmpfs"](small, 160) as disk:
            small.chmod(0o777)
            home = small if place == "everything" else Path(folder)
            with postgres(home / "data") as server:
                url = server.url if place == "everything" else database_on(server, small)
                with lived_in(Site(tmp_path, url, DOCUMENT, **OPEN)) as house:
                    run_out_of_disk(house, disk, restart=server if place == "everything" else None)


def run_out_of_disk(house: House, disk: Disk, *, restart: Postgres | None = None) -> None:
    house.take_one("before")
    shoppers = house.load(1_200, 4, seed=2)
    time.sleep(1)
    disk.fill()
    eventually(lambda: house.site.waiting() > 300, 60)
    assert eventually(lambda: sender.ask(house.url, "/v1/cueline.js").status) == 200
    disk.free()
    if restart is not None:
        restart.start_again()
    house.take_one("after-the-space")
    verdict = house.settle(shoppers)
    assert verdict.is_good, verdict
    assert_taken(shoppers)
    assert dead_letters(house.site) == 0


def refused(house: House) -> sender.Answer | None:
    answer = sender.ask(house.url, *sender.server_batch("nobody", ["never"], "Unheard"))
    sender.check(answer, 202, 503)
    return answer if answer.status == 503 else None


def assert_nothing_is_taken(shoppers: Shoppers) -> None:
    time.sleep(0.5)  # who was answered meanwhile notes it down
    taken, put_off = len(shoppers.acknowledged), shoppers.put_off
    eventually(lambda: shoppers.put_off > put_off + 8, 30)
    assert len(shoppers.acknowledged) == taken


def try_kind(kind: str, folder: Path) -> None:
    try:
        with KINDS[kind](folder / "tried", 1):
            pass
    except (OSError, AssertionError, RuntimeError) as error:
        pytest.skip(f"this machine allows no {kind}: {error}")


def database_on(server: Postgres, folder: Path) -> str:
    with psycopg.connect(server.url, autocommit=True) as connection:
        space = folder / "tables"
        server.make_folder(space)
        connection.execute(f"CREATE TABLESPACE small LOCATION '{space}'")  # type: ignore[arg-type]
        connection.execute("CREATE DATABASE small TABLESPACE small")
    return server.url.replace("/postgres?", "/small?")
