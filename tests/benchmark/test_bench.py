"""`cueline bench` as an operator runs it: on his Redis and SQL, which are as they were afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis import Redis

from cueline.config import Settings
from cueline.streams import keys
from tests.benchmark import belongings
from tests.e2e.processes import Found, below

pytestmark = pytest.mark.redis
PATIENCE_S = 90.0


def environ(settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "CUELINE_DATA": str(settings.data),
        "CUELINE_DATABASE_URL": settings.database_url,
        "CUELINE_REDIS_URL": settings.redis_url,
    }


def bench(settings: Settings, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cueline", "bench", *options]
    return subprocess.run(command, env=environ(settings), cwd=settings.data, capture_output=True, text=True)


@contextmanager
def running(settings: Settings, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "cueline", "bench", *options]
    child = subprocess.Popen(
        command, env=environ(settings), cwd=settings.data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate()


def wait_for(come: Callable[[], Any]) -> Any:
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        if found := come():
            return found
        time.sleep(0.05)
    raise TimeoutError(come)


def at_work(child: subprocess.Popen[str]) -> list[Found]:
    """Its processes, once the drain is among them and has begun to write."""
    found = below(child.pid)
    return found if any("cueline.benchmark.drainer" in one.command for one in found) else []


def test_a_run_measures_everything_and_leaves_nothing_behind(settings: Settings) -> None:
    before = belongings.of(settings)
    done = bench(settings, "--seconds", "0.5", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [one["batch"] for one in found["collected"]] == [1, 50]
    assert all(one["events"] > 0 and one["web_cpu_s"] > 0 for one in found["collected"])
    assert [one["campaigns"] for one in found["drained"]] == [10, 1_000]
    assert all(one["per_s"] > 0 and one["cpu_us"] > 0 for one in found["drained"])
    assert [one["wanted_rate"] for one in found["latency"]] == [25, 200]
    assert all(0 < one["whole"]["p50_ms"] <= one["whole"]["p99_ms"] for one in found["latency"])
    assert found["memory"]["web_mb"] > 0
    assert belongings.of(settings) == before


def ended_by(settings: Settings, number: signal.Signals) -> None:
    before = belongings.of(settings)
    with running(settings, "--seconds", "60", "--only", "drain") as child:
        processes = wait_for(lambda: at_work(child))
        child.send_signal(number)
        assert child.wait(PATIENCE_S) == 1
    assert not any(process.is_running for process in processes)
    assert belongings.of(settings) == before


def test_ctrl_c_removes_what_was_made(settings: Settings) -> None:
    ended_by(settings, signal.SIGINT)


def test_a_service_manager_that_ends_it_finds_it_as_orderly(on_sqlite: Settings) -> None:
    ended_by(on_sqlite, signal.SIGTERM)


def test_one_that_is_killed_takes_its_processes_along_and_the_next_clean_removes_the_rest(
    on_sqlite: Settings,
) -> None:
    before = belongings.of(on_sqlite)
    with running(on_sqlite, "--seconds", "60", "--only", "drain") as child:
        processes = wait_for(lambda: at_work(child))
        child.kill()
        wait_for(lambda: not any(process.is_running for process in processes))
    assert belongings.of(on_sqlite) != before
    Redis.from_url(f"{on_sqlite.redis_url}?db=15").delete("cueline:bench:alive")  # as it does by itself in 10 s
    assert bench(on_sqlite, "--clean").stdout.startswith("Removed: ")
    assert belongings.of(on_sqlite) == before


def test_it_does_not_start_where_somebody_works_unless_told_to(on_sqlite: Settings, redis: Redis) -> None:
    redis.xadd(keys.stream(2), {"e": "waits"})
    redis.zadd(keys.DRAINS, {"drain-0-1": time.time() * 1000})
    before = belongings.of(on_sqlite)
    refused = bench(on_sqlite, "--only", "drain")
    assert refused.returncode == 1
    assert "There is 1 drain at work and 1 event that waits" in refused.stderr
    assert "--beside" in refused.stderr
    done = bench(on_sqlite, "--only", "drain", "--seconds", "0.5", "--beside")
    assert done.returncode == 0, done.stderr
    assert "Draining, by one drain process" in done.stdout
    assert belongings.of(on_sqlite) == before


def test_a_redis_cluster_is_refused_with_what_to_do(on_sqlite: Settings) -> None:
    cluster = {**environ(on_sqlite), "CUELINE_REDIS_URL": "redis+cluster://127.0.0.1:1"}
    command = [sys.executable, "-m", "cueline", "bench"]
    refused = subprocess.run(command, env=cluster, cwd=on_sqlite.data, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "Redis Cluster has one database only" in refused.stderr
