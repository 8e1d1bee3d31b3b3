"""The Redis that `up` runs: on a private unix socket, appended to disk every second, never evicting.

This file says how it is set up and whether it answers; the process itself is the supervisor's.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from redis.exceptions import ConnectionError, RedisError, TimeoutError

from cueline.config import REDIS_URL_FILE
from cueline.embedded.binary import Server, find_server
from cueline.errors import ConfigError, CuelineError
from cueline.streams.connect import connect

SOCKET_BYTES: Final = 107  # the longest path that every unix takes
_SOCKET = "redis.sock"
_FOLDER = "redis"
_LOG = "redis.log"
_MULTI_PART = "appendonlydir"  # how Redis 7 and newer keep what Redis 6 keeps in one file
_LOG_TAIL = 5


@dataclass(frozen=True, slots=True)
class EmbeddedRedis:
    """A Redis set up for a data directory, running or not."""

    data: Path
    socket: Path
    server: Server

    @property
    def folder(self) -> Path:
        return self.data / _FOLDER

    @property
    def url(self) -> str:
        return "unix://" + quote(str(self.socket))

    def command(self) -> list[str]:
        """The server's command line; it runs in the foreground and ends, saved, at SIGTERM."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "logfile": str(self.folder / _LOG),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        return [self.server.path, *(part for name, value in options.items() for part in (f"--{name}", value))]

    def is_ready(self) -> bool:
        """Whether it answers and has loaded what it kept."""
        return _answers(self.url)

    def announce(self) -> None:
        """Tells the other commands on this data directory where it is."""
        (self.data / REDIS_URL_FILE).write_text(self.url + "\n")

    def last_words(self) -> str:
        """Why it did not start, from its log."""
        lines = _lines(self.folder / _LOG)
        if any("RDB format version" in line for line in lines):
            return _newer(self)
        return " / ".join(lines[-_LOG_TAIL:]) or "it left no log"

    def clean_up(self) -> None:
        """Removes the socket, and its folder where that was a temporary one."""
        self.socket.unlink(missing_ok=True)
        if self.socket.parent != self.folder:
            shutil.rmtree(self.socket.parent, ignore_errors=True)


def prepare(data: Path, *, server: Server | None = None) -> EmbeddedRedis:
    """Folders, socket and checks for the Redis of a data directory. One that is still running there is ended first."""
    found = server or find_server()
    folder = data / _FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _end_leftover(data)
    redis = EmbeddedRedis(data, _socket_path(folder), found)
    _refuse_older_server(redis)
    (folder / _LOG).unlink(missing_ok=True)
    return redis


def _socket_path(folder: Path) -> Path:
    socket = folder / _SOCKET
    if len(os.fsencode(socket)) <= SOCKET_BYTES and _is_readable(str(socket)):
        return socket
    # mkdtemp makes a folder that only we may enter.
    return Path(tempfile.mkdtemp(prefix="cueline-", dir=_short_folder())) / _SOCKET


def _short_folder() -> str:
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) < SOCKET_BYTES // 2 and _is_readable(usual) else "/tmp"


def _is_readable(path: str) -> bool:
    """Redis names the socket in CLIENT INFO, where spaces part the fields, and RQ's workers ask for that."""
    return not any(character.isspace() or character == "=" for character in path)


def _refuse_older_server(redis: EmbeddedRedis) -> None:
    # Redis 6 would not see the newer files and start empty: events that were answered 202 would be gone.
    if redis.server.major < 7 and (redis.folder / _MULTI_PART).exists():
        raise ConfigError(_newer(redis))


def _newer(redis: EmbeddedRedis) -> str:
    return (
        f"{redis.folder} was written by a newer Redis than {redis.server.path} (version {redis.server.version}), which "
        "cannot read it. Install that newer redis-server, set CUELINE_REDIS_URL, or start on another data directory."
    )


def _end_leftover(data: Path) -> None:
    """A Redis that outlived a killed `up` saves and ends; ours then reads what it saved.

    The caller holds the lock of the data directory, so nobody else's `up` is using it.
    """
    for url in _lines(data / REDIS_URL_FILE):
        if not url.startswith("unix://"):
            continue
        if _listens(url):
            _shut_down(url)
        _forget_temporary(Path(unquote(url.removeprefix("unix://"))), data)


def _shut_down(url: str) -> None:
    with contextlib.suppress(ConnectionError, TimeoutError):
        connect(url, timeout_s=10).shutdown()
    until = time.monotonic() + 10
    while _listens(url):
        if time.monotonic() > until:
            raise CuelineError(f"A Redis left behind at {url} does not end. End it by hand, then start again.")
        time.sleep(0.05)


def _forget_temporary(socket: Path, data: Path) -> None:
    if socket.parent.name.startswith("cueline-") and socket.parent != data / _FOLDER:
        shutil.rmtree(socket.parent, ignore_errors=True)


def _answers(url: str) -> bool:
    try:
        with contextlib.closing(connect(url, timeout_s=1)) as client:
            return bool(client.ping())
    except RedisError:
        return False


def _listens(url: str) -> bool:
    """Also one that is still loading listens."""
    try:
        with contextlib.closing(connect(url, timeout_s=1)) as client:
            client.ping()
    except (ConnectionError, TimeoutError) as error:
        return "loading" in str(error).lower() or isinstance(error, TimeoutError)
    return True


def _lines(file: Path) -> list[str]:
    try:
        return [line for line in file.read_text(errors="replace").splitlines() if line.strip()]
    except FileNotFoundError:
        return []
