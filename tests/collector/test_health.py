"""Health, readiness and metrics, with each store up or away."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from sqlalchemy import Engine, event, insert

from cueline.clock import FrozenClock
from cueline.collector.deadline import Deadline
from cueline.collector.health import blueprint
from cueline.config import Settings
from cueline.store import tables, workspaces
from cueline.store.session import open_engine, writing
from cueline.streams import keys
from cueline.streams.stats import Stats

AWAY = Redis.from_url("unix:///nowhere/redis.sock")
Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def client(redis: Redis, engine: Engine, clock: FrozenClock) -> FlaskClient:
    app = Flask("health")
    settings = dataclasses.replace(Settings(), partitions=2)
    app.register_blueprint(blueprint(redis=redis, engine=engine, settings=settings, clock=clock))
    return app.test_client()


@pytest.fixture
def gone(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'nowhere' / 'cueline.db'}")
    yield engine
    engine.dispose()


def scrape(asking: FlaskClient) -> Figures:
    answer = asking.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def test_a_process_is_alive_without_its_stores(gone: Engine, clock: FrozenClock) -> None:
    assert client(AWAY, gone, clock).get("/healthz").json == {"status": "ok"}


def test_ready_is_who_reaches_both_stores(redis: Redis, engine: Engine, clock: FrozenClock) -> None:
    answer = client(redis, engine, clock).get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready", "stores": {"redis": "ok", "sql": "ok"}})


def test_a_database_without_tables_is_not_ready(redis: Redis, tmp_path: Path, clock: FrozenClock) -> None:
    empty = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    answer = client(redis, empty, clock).get("/readyz")
    empty.dispose()
    assert answer.status_code == 503
    assert answer.json and answer.json["stores"]["sql"] == "has no tables: run `cueline db upgrade`"


def test_not_ready_says_which_store_does_not_answer(redis: Redis, gone: Engine, clock: FrozenClock) -> None:
    answer = client(redis, gone, clock).get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {
        "status": "not_ready",
        "stores": {"redis": "ok", "sql": "does not answer (OperationalError)"},
    }
    stores = client(AWAY, gone, clock).get("/readyz").json["stores"]  # type: ignore[index]
    assert stores["redis"] == "does not answer (ConnectionError)"


def test_the_counters_of_all_processes_are_shown(redis: Redis, sqlite: Engine, clock: FrozenClock) -> None:
    for _ in range(2):
        stats = Stats(redis)
        stats.count("events_accepted_total", 3, door="collect")
        stats.count("api_requests_total", 1, status='a "b"\\\n{c}')
        stats.flush()
    redis.hset(keys.STATS, "not a counter {", 5)
    figures = scrape(client(redis, sqlite, clock))
    assert figures["cueline_events_accepted_total", (("door", "collect"),)] == 6
    assert figures["cueline_api_requests_total", (("status", 'a "b"\\\n{c}'),)] == 2


def test_the_backlog_is_shown_by_partition(redis: Redis, sqlite: Engine, clock: FrozenClock) -> None:
    now_ms = clock.now_ms()
    for age_ms in (2_500, 1_000):
        redis.xadd(keys.stream(1), {"e": "x"}, id=f"{now_ms - age_ms}-0")
    figures = scrape(client(redis, sqlite, clock))
    assert figures["cueline_stream_entries", (("partition", "0"),)] == 0
    assert figures["cueline_stream_lag_seconds", (("partition", "0"),)] == 0
    assert figures["cueline_stream_entries", (("partition", "1"),)] == 2
    assert figures["cueline_stream_lag_seconds", (("partition", "1"),)] == 2.5


def an_event(id: int, status: str) -> dict[str, object]:
    found: dict[str, object] = dict.fromkeys(("hops", "at_ms", "received_ms"), 0)
    texts = {"sender": "s", "eid": str(id), "type": "x", "source": "server", "status": status}
    return found | texts | {"id": id, "workspace_id": 1, "verified": True, "payload": {}, "context": {}, "matches": []}


def test_what_waits_in_sql_is_shown(redis: Redis, engine: Engine, clock: FrozenClock) -> None:
    with writing(engine) as connection:
        workspaces.create(connection, name="Shop", now_ms=0, identity_mode="off", origins=["*"])
        rows = [an_event(1, "held"), an_event(2, "held"), an_event(3, "matched")]
        connection.execute(insert(tables.events), rows)
        letters = [
            {"partition": 0, "stream_id": str(i), "entry": "", "error": "", "at_ms": 0, "replayed_ms": replayed}
            for i, replayed in enumerate((None, 5))
        ]
        connection.execute(insert(tables.dead_letters), letters)
    figures = scrape(client(redis, engine, clock))
    assert figures["cueline_events_held", ()] == 2
    assert figures["cueline_dead_letters", ()] == 1
    assert figures["cueline_deliveries_open", (("state", "pending"),)] == 0
    assert figures["cueline_up", (("store", "sql"),)] == 1


def test_scraping_reads_held_events_and_open_deliveries_by_their_partial_indexes(
    redis: Redis, sqlite: Engine, clock: FrozenClock
) -> None:
    asked: list[str] = []
    event.listen(sqlite, "before_cursor_execute", lambda *a: asked.append(a[2]))
    scrape(client(redis, sqlite, clock))
    scraped = [sql for sql in asked if "FROM" in sql]
    with sqlite.connect() as connection:
        plans = [str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}").all()) for sql in scraped]
    assert any("ix_events_held" in plan for plan in plans)
    assert any("ix_deliveries_open" in plan for plan in plans)


def test_metrics_of_one_store_are_shown_when_the_other_is_away(
    redis: Redis, sqlite: Engine, gone: Engine, clock: FrozenClock
) -> None:
    without_sql = scrape(client(redis, gone, clock))
    assert without_sql["cueline_up", (("store", "sql"),)] == 0
    assert without_sql["cueline_up", (("store", "redis"),)] == 1
    assert ("cueline_stream_entries", (("partition", "0"),)) in without_sql
    without_redis = scrape(client(AWAY, sqlite, clock))
    assert without_redis["cueline_up", (("store", "redis"),)] == 0
    assert ("cueline_events_held", ()) in without_redis


def test_a_store_that_hangs_costs_a_caller_no_more_than_the_deadline() -> None:
    release, started = threading.Event(), []

    def hang() -> str:
        started.append(1)
        release.wait(10)
        return "done"

    deadline = Deadline(hang, within_s=0.02)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            deadline.run()
    assert len(started) == 1
    release.set()
    assert Deadline(lambda: "done", within_s=5).run() == "done"


def test_once_work_is_overdue_nobody_waits_for_it_any_more() -> None:
    release = threading.Event()
    deadline = Deadline(lambda: release.wait(60), within_s=1)
    with pytest.raises(TimeoutError):
        deadline.run()
    since_s = time.monotonic()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            deadline.run()
    assert time.monotonic() - since_s < 2, "three times a second"
    release.set()
