"""Processes of a running `cueline up` are killed; and RQ's own worker takes the place of ours."""

import functools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from cueline.store import tables
from cueline.store.session import open_engine, reading
from tests.e2e.stack import Stack, action, environment, eventually

pytestmark = pytest.mark.redis

USERS = [f"counted-{number}" for number in range(10)]
CAMPAIGN = """
actions:
  - {name: Counted, sources: [server]}
campaigns:
  - key: counted
    kind: rule
    trigger: {action: Counted}
    do: [{points: 1}]
"""


def test_with_drain_and_clock_killed_each_event_is_handled_once(stack: Stack, home: Path) -> None:
    (home / "counted.yaml").write_text(CAMPAIGN)
    assert stack.run("apply", str(home / "counted.yaml"), "--yes").returncode == 0
    victims = [stack.process("cueline.jobs", "drain"), stack.process("cueline.jobs", "clock")]
    for part in range(20):
        events = [action(f"counted-{part}-{user}", user, "Counted", part=part) for user in USERS]
        stack.post_events(*events)
        if part in (5, 10):
            victims.pop().kill()
    found = eventually(lambda: len(counted := stack.events(action="Counted", limit=200)) >= 200 and counted, 20)
    assert found and len({event["eid"] for event in found}) == len(found)
    assert {event["status"] for event in found} == {"matched"}
    assert {user: stack.get(f"/api/v1/users/{user}")["points"] for user in USERS} == {
        user: {"default": 20} for user in USERS
    }
    eventually(lambda: stack.run("doctor").returncode == 0, 20)


def test_rqs_own_worker_drains_as_ours_does(redis_url: str, home: Path) -> None:
    settings = {
        "CUELINE_REDIS_URL": redis_url,
        "CUELINE_SLICE_S": "1",
        "CUELINE_BOOTSTRAP_SECRET_KEY": "sk_stock",
        "CUELINE_BOOTSTRAP_WRITE_KEY": "wk_stock",
    }
    environ = environment(home, settings)
    cueline = [sys.executable, "-m", "cueline"]
    rq = [str(Path(sys.executable).with_name("rq")), "worker", "-S", "json", "-j", "cueline.jobs.worker.Job"]
    subprocess.run([*cueline, "db", "upgrade"], env=environ, cwd=home, check=True, capture_output=True)
    with ExitStack() as running:
        running.enter_context(_running([*cueline, "clock"], environ, home))
        running.enter_context(_running([*rq, "cueline-drain", "--url", redis_url], environ, home))
        # A slice ends after a second: the second event needs a job that the first job queued.
        for eids in (["stock-1"], ["stock-1", "stock-2"]):
            send = [*cueline, "send", "Stock", "--user", "42", "--eid", eids[-1]]
            subprocess.run(send, env=environ, cwd=home, check=True, capture_output=True)
            eventually(functools.partial(_has_handled, home, eids))


@contextmanager
def _running(command: list[str], environ: dict[str, str], home: Path) -> Iterator[None]:
    process = subprocess.Popen(
        command, env=environ, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield
        assert process.poll() is None
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()


def _has_handled(home: Path, eids: list[str]) -> bool:
    engine = open_engine(f"sqlite:///{home / 'cueline.db'}")
    with reading(engine) as connection:
        rows = connection.execute(select(tables.events.c.eid).order_by(tables.events.c.id)).scalars().all()
    engine.dispose()
    return list(rows) == eids
