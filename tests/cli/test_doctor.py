"""`cueline doctor`: each thing that can be wrong is named, with what to do; the exit code follows."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from redis import Redis
from sqlalchemy import Engine, insert

from cueline.cli.bootstrap import ensure_workspace
from cueline.config import Settings
from cueline.store import workspaces
from cueline.store.migrate import upgrade
from cueline.store.session import open_engine, writing
from cueline.store.tables import dead_letters
from cueline.streams import keys as redis_keys
from tests.cli.conftest import Run
from tests.conftest import free_port
from tests.deliveries.mailbox import Mailbox

DRAIN = "drain-0-1-host-7"
SQLITE = ("SQLite's folder",)


@pytest.fixture(scope="module")
def mail_server() -> Iterator[str]:
    box = Mailbox()
    box.controller = Controller(box, hostname="127.0.0.1", port=free_port())
    box.controller.start()
    yield box.url
    box.stop()


@pytest.fixture
def well(
    run: Run, redis: Redis, redis_url: str, database_url: str, mail_server: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Engine]:
    """An installation in which nothing is wrong, on both databases; no process runs, only their signs of life."""
    redis.config_set("appendonly", "yes")
    monkeypatch.setenv("CUELINE_REDIS_URL", redis_url)
    monkeypatch.setenv("CUELINE_DATABASE_URL", database_url)
    monkeypatch.setenv("CUELINE_SMTP_URL", mail_server)
    monkeypatch.setenv("CUELINE_PUBLIC_URL", "https://cueline.shop.example")
    engine = open_engine(database_url)
    upgrade(engine)
    with writing(engine) as connection:
        made = ensure_workspace(connection, Settings(), now_ms=1)
        strict = {"identity_mode": "enforce", "origins": ["https://shop.example"]}
        workspaces.change(connection, made.workspace.id, **strict)
    redis.set(redis_keys.CLOCK_LEADER, "x")
    redis.zadd(redis_keys.DRAINS, {DRAIN: time.time() * 1000})
    redis.set(redis_keys.slot("deliver", 0), "x")
    ended = threading.Event()
    heart = threading.Thread(target=_beat, args=(redis_url, ended))
    heart.start()
    yield engine
    ended.set()
    heart.join()
    redis.config_set("appendonly", "no")
    engine.dispose()


def _beat(redis_url: str, ended: threading.Event) -> None:
    """However long a test takes, its drain lives, unless the test lets it die."""
    with contextlib.closing(Redis.from_url(redis_url)) as redis:
        while not ended.wait(0.5):
            redis.zadd(redis_keys.DRAINS, {DRAIN: time.time() * 1000}, xx=True)


def lines(run: Run, *, code: int) -> dict[str, tuple[str, str]]:
    """Name -> (level, what was found and what to do)."""
    result = run("doctor")
    assert result.exit_code == code, result.output
    return by_name(result.stdout)


def by_name(output: str) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for line in output.splitlines()[:-1]:
        if line.startswith("      "):
            name, (level, said) = list(found.items())[-1]
            found[name] = (level, said + line.strip())
        else:
            found[line[6:21].strip()] = (line[:5].strip(), line[21:])
    return found


def test_where_all_is_well_every_line_is_ok(run: Run, well: Engine) -> None:
    found = lines(run, code=0)
    assert {level for level, _ in found.values()} == {"ok"}, found
    assert set(found) == {
        *("Redis", "Redis on disk", "Redis memory", "Clock", "Drains", "Lag", "Deliver", "Clocks"),
        *("SQL", "Migrations", "Workspace", "Identity", "Origins", "Dead letters", "Deliveries"),
        *(SQLITE if well.dialect.name == "sqlite" else ()),
        *("Mail", "Public address"),
    }


def test_no_clock_and_no_drain_fail_with_what_to_start(run: Run, well: Engine, redis: Redis) -> None:
    redis.delete(redis_keys.CLOCK_LEADER)
    redis.zrem(redis_keys.DRAINS, DRAIN)
    redis.zadd(redis_keys.DRAINS, {"drain-0-2-host-8": time.time() * 1000 - 60_000})
    found = lines(run, code=1)
    assert found["Clock"][0] == "fail" and "`cueline clock`" in found["Clock"][1]
    assert found["Drains"][0] == "fail" and "`cueline worker`" in found["Drains"][1]


@pytest.mark.parametrize(("age_s", "level"), [(1, "ok"), (20, "warn"), (120, "fail")])
def test_lag_is_the_age_of_the_oldest_entry(run: Run, well: Engine, redis: Redis, age_s: int, level: str) -> None:
    redis.set(redis_keys.lease(3), "somebody")
    redis.xadd(redis_keys.stream(3), {"e": "x"}, id=f"{int(time.time() * 1000) - age_s * 1000}-0")
    found = lines(run, code=1 if level == "fail" else 0)
    assert found["Lag"][0] == level
    assert found["Lag"][1].startswith("1 event waits")


def test_dead_letters_warn_until_they_are_replayed(run: Run, well: Engine) -> None:
    with writing(well) as connection:
        row = {"partition": 0, "entry": "x", "error": "y", "at_ms": 1}
        connection.execute(insert(dead_letters).values(row | {"stream_id": "1-0", "replayed_ms": None}))
        connection.execute(insert(dead_letters).values(row | {"stream_id": "2-0", "replayed_ms": 5}))
    level, said = lines(run, code=0)["Dead letters"]
    assert level == "warn"
    assert said.startswith("1 event ") and "cueline dead-letters replay" in said


def test_a_workspace_for_trying_warns_where_others_can_come_in(
    run: Run, well: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(well) as connection:
        workspaces.change(connection, 1, identity_mode="off", origins=["*"])
    found = lines(run, code=0)
    assert found["Identity"][0] == "warn" and "cueline workspace set --identity" in found["Identity"][1]
    assert found["Origins"][0] == "warn" and "cueline workspace set --origin" in found["Origins"][1]
    monkeypatch.setenv("CUELINE_PUBLIC_URL", "http://127.0.0.1:8000")
    found = lines(run, code=0)
    assert (found["Identity"][0], found["Origins"][0]) == ("note", "note")


def test_a_redis_that_forgets_is_named(run: Run, well: Engine, redis: Redis) -> None:
    redis.config_set("appendonly", "no")
    redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        found = lines(run, code=1)
    finally:
        redis.config_set("maxmemory-policy", "noeviction")
    assert found["Redis on disk"][0] == "warn" and "appendonly yes" in found["Redis on disk"][1]
    assert found["Redis memory"][0] == "fail" and "noeviction" in found["Redis memory"][1]


def test_an_empty_database_points_to_the_upgrade(run: Run, well: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELINE_DATABASE_URL", f"sqlite:///{Path.cwd() / 'empty.db'}")
    level, said = lines(run, code=1)["Migrations"]
    assert level == "fail" and "cueline db upgrade" in said


def test_kept_mails_and_a_local_address_are_only_noted(run: Run, well: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUELINE_SMTP_URL")
    monkeypatch.delenv("CUELINE_PUBLIC_URL")
    found = lines(run, code=0)
    assert found["Mail"][0] == "note" and "CUELINE_SMTP_URL" in found["Mail"][1]
    assert found["Public address"][0] == "note" and "CUELINE_PUBLIC_URL" in found["Public address"][1]


def test_stores_away_fail_and_the_other_checks_still_run(
    run: Run, well: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUELINE_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("CUELINE_DATABASE_URL", "postgresql://me:hidden@127.0.0.1:1/x")
    found = lines(run, code=1)
    assert found["Redis"][0] == "fail" and "Check CUELINE_REDIS_URL" in found["Redis"][1]
    assert "hidden" not in str(found)
    assert found["SQL"][0] == "fail" and "Check CUELINE_DATABASE_URL" in found["SQL"][1]
    assert found["Mail"][0] == "ok"
