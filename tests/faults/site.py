"""An installation whose processes can be killed one by one: its Redis, web, drain, deliver and clock."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from redis import Redis
from sqlalchemy import Engine, select

from cueline.campaigns.document import parse
from cueline.cli.bootstrap import ensure_workspace
from cueline.clock import SystemClock
from cueline.config import load
from cueline.deliveries.templates import problems
from cueline.embedded.redis import prepare
from cueline.publishing.apply import apply
from cueline.store import tables
from cueline.store.migrate import upgrade
from cueline.store.session import open_engine, reading, writing
from cueline.streams.connect import connect
from tests.conftest import free_port
from tests.e2e.stack import environment, eventually

ROOT: Final = Path(__file__).parents[2]
JOBS: Final = (sys.executable, "-m", "cueline.jobs")
SETTINGS: Final = {
    "CUELINE_BOOTSTRAP_WRITE_KEY": "wk_faults",
    "CUELINE_BOOTSTRAP_SECRET_KEY": "sk_faults",
    # So that what a dead process held is free again soon.
    "CUELINE_LEASE_MS": "1000",
    "CUELINE_RATE_KEY": "1000000",
    "CUELINE_RATE_ADDRESS": "1000000",
    "CUELINE_RATE_VISITOR": "1000000",
}
# Each event of this action is a row of the ledger.
COUNTED: Final = {
    "key": "counted",
    "kind": "rule",
    "trigger": {"action": "Counted"},
    "entry": {"limit": 1_000_000},
    "do": [{"points": 1}],
}


class Site:
    """Processes by name. Redis appends to disk every second, as the one of `up`; the database is outside.

    `redis_command`: makes another command of the one that starts Redis.
    """

    def __init__(
        self,
        home: Path,
        database_url: str,
        document: dict[str, Any],
        *,
        redis_command: Callable[[list[str]], Sequence[str]] = list,
        **settings: str,
    ) -> None:
        self.home = home
        self._redis_command = redis_command
        self._redis = prepare(home)
        stores = {"CUELINE_REDIS_URL": self._redis.url, "CUELINE_DATABASE_URL": database_url}
        self.environ = environment(home, SETTINGS | stores | settings)
        self.settings = load(self.environ, dotenv=home / "none")
        self.engine: Engine = open_engine(self.settings.sql_url())
        self.redis: Redis = connect(self._redis.url)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._set_up(document)
        self.start_redis()

    def _set_up(self, document: dict[str, Any]) -> None:
        upgrade(self.engine)
        parsed = parse(document)
        assert not [p for p in parsed.problems if p.level == "error"], parsed.problems
        now_ms = SystemClock().now_ms()
        with writing(self.engine) as connection:
            workspace = ensure_workspace(connection, self.settings, now_ms=now_ms).workspace
            apply(connection, workspace.id, parsed.document, now_ms=now_ms, template_problems=problems)

    def start(self, name: str, *command: str, crash_at: str = "") -> None:
        if name in self._running:  # left by a test that failed
            self.kill(name)
        environ = self.environ | {"CUELINE_CRASH_AT": crash_at}
        with (self.home / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command, cwd=ROOT, env=environ, stdout=log, stderr=log, start_new_session=True
            )

    def start_job(self, kind: str, *, crash_at: str = "") -> None:
        self.start(kind, *JOBS, kind, crash_at=crash_at)

    def start_redis(self) -> None:
        self.start("redis", *self._redis_command(self._redis.command()))
        eventually(self._redis.is_ready, 20)

    def start_web(self, name: str = "web", *, port: int | None = None, crash_at: str = "") -> str:
        """Its address, once it answers."""
        port = port or free_port()
        self.start(name, sys.executable, "-m", "cueline", "web", "--port", str(port), crash_at=crash_at)
        return f"http://127.0.0.1:{port}"

    def kill(self, name: str) -> None:
        """kill -9, of all that it had started too."""
        process = self._running.pop(name)
        with contextlib.suppress(ProcessLookupError):  # it ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def signal(self, name: str, number: int) -> None:
        os.kill(self.pid(name), number)

    def has_ended(self, name: str) -> bool:
        return name not in self._running or self._running[name].poll() is not None

    def waiting(self) -> int:
        """Entries in the streams that no drain has acknowledged."""
        return sum(int(self.redis.xlen(name)) for name in self.redis.keys("cueline:*:events"))

    def stop(self, name: str) -> None:
        process = self._running.pop(name)
        process.terminate()
        try:
            assert process.wait(20) == 0, self.log(name)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)

    def wait(self, name: str, seconds: float = 30) -> int:
        """Its exit code, once it has ended by itself."""
        code = self._running[name].wait(seconds)
        del self._running[name]
        return code

    def wait_until_dead(self, name: str, seconds: float = 30) -> None:
        """It must die by itself, as by kill -9."""
        code = self._running[name].wait(seconds)
        assert code == -signal.SIGKILL, self.log(name)
        del self._running[name]

    def log(self, name: str) -> str:
        return (self.home / f"{name}.log").read_text()[-4_000:]

    def close(self) -> None:
        for name in list(self._running):
            self.kill(name)
        self.redis.close()
        self.engine.dispose()
        self._redis.clean_up()

    def kill_redis(self) -> None:
        """Not while its disk syncs: what it holds back then (2 s at most) `everysec` may lose, by its own promise."""
        eventually(self._has_written, 20)
        self.kill("redis")

    def _has_written(self) -> bool:
        info: dict[str, Any] = self.redis.info("persistence")
        return not info["aof_pending_bio_fsync"] and not info["aof_buffer_length"]

    def effects(self) -> Iterator[str]:
        """The eid of each row of the ledger."""
        joined = tables.ledger.join(tables.runs, tables.ledger.c.run_id == tables.runs.c.id)
        joined = joined.join(tables.events, tables.runs.c.event_id == tables.events.c.id)
        with reading(self.engine) as connection:
            yield from connection.execute(select(tables.events.c.eid).select_from(joined)).scalars().all()


@contextmanager
def running(site: Site) -> Iterator[Site]:
    try:
        yield site
    finally:
        site.close()
