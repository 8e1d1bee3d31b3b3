"""`cueline up`: everything in one terminal."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

import click
from redis import Redis, RedisError
from sqlalchemy import Engine

from cueline.cli import banner
from cueline.cli.bootstrap import Bootstrapped, ensure_workspace, keep_secret_key, kept_secret_key
from cueline.cli.demo_campaigns import apply_demo_campaigns
from cueline.cli.failures import masked
from cueline.cli.lock import only_one
from cueline.cli.port import address_of, answers, check_free, is_loopback
from cueline.cli.process import Child
from cueline.cli.stores import database, settings_for
from cueline.cli.supervisor import StopAsked, Supervisor
from cueline.clock import SystemClock
from cueline.config import PUBLIC_URL_FILE, Settings, explain
from cueline.embedded.redis import EmbeddedRedis, prepare
from cueline.errors import CuelineError
from cueline.intake.access import mirror
from cueline.store.migrate import upgrade
from cueline.store.session import reading, writing
from cueline.streams import keys as redis_keys
from cueline.streams.connect import connect

_REDIS_WAIT_S = 300.0  # a long append-only file takes its time
_READY_WAIT_S = 90.0
_BEAT_MS = 15_000
_GRACE_S = 8.0  # more than what `web` and `worker` give their own processes
_REDIS_STAGE = 9  # the others need it until they have ended


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 is every one.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data directory, as CUELINE_DATA.")
def up(host: str, port: int, data: Path | None) -> None:
    """Run everything in one terminal, with embedded stores.

    Redis (unless CUELINE_REDIS_URL is set), SQLite (unless CUELINE_DATABASE_URL is set), the web server, a drain and
    a deliver process, the clock. The first run makes a workspace with its keys and loads the demo campaigns; later
    runs go on with the same data. Ctrl-C stops it all.
    """
    settings = settings_for(data)
    with only_one(settings.data, address=address_of(host, port)):
        check_free(host, port)
        _Up(settings, host=host, port=port).run()
    _say("stopped")


class _Up:
    """One run: what was started so far, so that it can be ended whatever happens."""

    def __init__(self, settings: Settings, *, host: str, port: int) -> None:
        self.settings = settings
        self.host = host
        self.port = port
        self.redis: EmbeddedRedis | None = None
        self.supervisor = Supervisor(notice=_say, on_line=_show_line, grace_s=_GRACE_S)

    def run(self) -> None:
        self.supervisor.listen()
        try:
            self._start()
            self.supervisor.run()
        except StopAsked:
            pass
        finally:
            _say("stopping…")
            self.supervisor.stop()
            if self.redis is not None:
                self.redis.clean_up()

    def _start(self) -> None:
        _say("starting…")
        self._check_queues()
        redis_url = self._start_redis()
        made = self._prepare_data(redis_url)
        self.supervisor.check_stop()
        self._start_processes(redis_url)
        self._wait_for_processes(redis_url)
        banner.show(self._running(made))

    def _start_redis(self) -> str:
        """The address of the streams' Redis, which answers."""
        if self.settings.redis_url:
            with contextlib.closing(self._connect(self.settings.redis_url)) as client:
                client.ping()
            return self.settings.redis_url
        redis = self.redis = prepare(self.settings.data)
        self.supervisor.start(Child("redis", redis.command(), stage=_REDIS_STAGE))
        self.supervisor.wait_until(redis.is_ready, what="Redis did not answer", seconds=_REDIS_WAIT_S)
        redis.announce()
        return redis.url

    def _check_queues(self) -> None:
        """Says at once what would otherwise look like workers that do not start."""
        url = self.settings.rq_redis_url
        if not url:
            return
        try:
            with contextlib.closing(connect(url)) as client:
                client.ping()
        except RedisError as error:
            raise CuelineError(
                f"RQ's Redis at {masked(url)} does not answer ({error}). Check CUELINE_RQ_REDIS_URL."
            ) from error

    def _connect(self, redis_url: str) -> Redis:
        return connect(redis_url, rest=self.settings.queues_url())

    def _prepare_data(self, redis_url: str) -> Bootstrapped:
        with database(self.settings) as engine:
            upgrade(engine)
            made = self._bootstrap(engine)
            with contextlib.closing(self._connect(redis_url)) as redis, reading(engine) as connection:
                mirror(redis, connection)
        (self.settings.data / PUBLIC_URL_FILE).write_text(address_of(self.host, self.port) + "\n")
        return made

    def _bootstrap(self, engine: Engine) -> Bootstrapped:
        """All or nothing: a run that is killed in the middle is a first run again."""
        now_ms = SystemClock().now_ms()
        with writing(engine) as connection:
            kept = kept_secret_key(self.settings.data)
            made = ensure_workspace(connection, self.settings, now_ms=now_ms, kept=kept)
            if made.is_first:
                apply_demo_campaigns(connection, made.workspace.id, now_ms=now_ms)
            if made.secret_key is not None:
                keep_secret_key(self.settings.data, made.secret_key)
        return made

    def _start_processes(self, redis_url: str) -> None:
        environ = self._environ(redis_url)
        # Ended in this order: first nothing more comes in, then what came in is done with.
        commands = (
            (0, ["web", "--host", self.host, "--port", str(self.port)]),
            (1, ["worker", "--drain", "1", "--deliver", "1"]),
            (1, ["clock"]),
        )
        for stage, command in commands:
            self.supervisor.start(Child(command[0], [sys.executable, "-m", "cueline", *command], environ, stage))

    def _environ(self, redis_url: str) -> dict[str, str]:
        """Theirs is ours, with what only this run knows."""
        origins = {row.variable: row.origin for row in explain({**os.environ, "CUELINE_DATA": str(self.settings.data)})}
        environ = {
            **os.environ,
            "CUELINE_DATA": str(self.settings.data),
            "CUELINE_REDIS_URL": redis_url,
            "CUELINE_PUBLIC_URL": self.settings.public_url or address_of(self.host, self.port),
            "PYTHONUNBUFFERED": "1",
        }
        if origins["CUELINE_STATUS_PAGE"] == "default" and is_loopback(self.host):
            environ["CUELINE_STATUS_PAGE"] = "open"
        if origins["CUELINE_LOG_LEVEL"] == "default":
            environ["CUELINE_LOG_LEVEL"] = "warning"
        return environ

    def _wait_for_processes(self, redis_url: str) -> None:
        def web_answers() -> bool:
            return answers(self.host, self.port, path="/readyz")

        self.supervisor.wait_until(web_answers, what="The web server did not answer", seconds=_READY_WAIT_S)
        with contextlib.closing(self._connect(redis_url)) as redis:
            self.supervisor.wait_until(
                lambda: _beats(redis), what="No worker gave a sign of life", seconds=_READY_WAIT_S
            )

    def _running(self, made: Bootstrapped) -> banner.Running:
        return banner.Running(
            settings=self.settings,
            made=made,
            local=address_of(self.host, self.port),
            is_local_only=is_loopback(self.host),
            is_secret_kept=made.secret_key is not None and made.secret_key == kept_secret_key(self.settings.data),
        )


def _beats(redis: Redis) -> bool:
    """False also while Redis is away: one that died is being started again."""
    since = int(time.time() * 1000) - _BEAT_MS
    try:
        return bool(redis.zcount(redis_keys.DRAINS, since, "+inf")) and bool(redis.exists(redis_keys.CLOCK_LEADER))
    except RedisError:
        return False


def _show_line(name: str, line: str) -> None:
    if line:
        _say(f"{name:<7}│ {line}")


def _say(text: str) -> None:
    # A terminal that was closed takes no more words, and the children must still be ended in order.
    with contextlib.suppress(OSError):
        click.echo(text, err=True)
