"""The collector while its Redis is stopped, frozen, and back."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from cueline.streams import keys
from cueline.streams.connect import connect
from tests.collector.wsgi import Page


class Server:
    """A Redis of this test alone, that can be stopped and started on the same socket and the same data."""

    def __init__(self, binary: str, folder: Path) -> None:
        self.socket = folder / "r.sock"
        persistent = ("--appendonly", "yes", "--save", "")
        self._command = [binary, "--port", "0", "--unixsocket", str(self.socket), "--dir", str(folder), *persistent]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < until
            time.sleep(0.02)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait(10)

    def _answers(self) -> bool:
        try:
            return bool(Redis.from_url(f"unix://{self.socket}").ping())
        except RedisError:
            return False


@pytest.fixture
def server(redis_binary: str) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="cl-") as folder:
        server = Server(redis_binary, Path(folder))
        yield server
        server.stop()


def test_events_are_refused_while_redis_is_stopped_and_taken_when_it_is_back(
    open_page: Callable[..., Page], server: Server
) -> None:
    streams = connect(f"unix://{server.socket}", timeout_s=0.3)
    page = open_page(streams=streams)
    assert page.send(page.envelope(page.event("before"))).status == 202
    server.stop()
    answer = page.send(page.envelope(page.event("while")))
    assert (answer.status, answer.json["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    server.start()
    assert page.send(page.envelope(page.event("while"))).status == 202
    page.redis = streams
    assert [entry.eid for entry in page.entries()] == ["before", "while"]


def test_a_frozen_redis_is_503_in_time_and_a_repeat_is_the_same_event(
    open_page: Callable[..., Page], server: Server
) -> None:
    streams = connect(f"unix://{server.socket}", timeout_s=0.3)
    page = open_page(streams=streams)
    assert page.send(page.envelope(page.event("before"))).status == 202
    server.process.send_signal(signal.SIGSTOP)
    started = time.monotonic()
    assert page.send(page.envelope(page.event("while"))).status == 503
    assert time.monotonic() - started < 5
    server.process.send_signal(signal.SIGCONT)
    assert page.send(page.envelope(page.event("while"))).status == 202
    assert streams.xlen(keys.stream(0)) in (2, 3)
