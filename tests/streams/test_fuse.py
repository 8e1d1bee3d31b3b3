"""The fuse of a web process, over a real Redis that is frozen and continued."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis, ResponseError
from redis.exceptions import ConnectionError, TimeoutError

from cueline.streams.connect import connect, connect_for_web
from cueline.streams.fuse import REST_S, Fuse
from tests.e2e.stack import eventually

TIMEOUT_S = 0.5


@pytest.fixture
def server(redis_binary: str, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [redis_binary, "--port", "0", "--unixsocket", "r.sock", "--save", ""]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    eventually(lambda: _answers(connect(f"unix://{tmp_path / 'r.sock'}")), 20)
    yield process
    os.kill(process.pid, signal.SIGCONT)
    process.terminate()
    process.wait(20)


@pytest.fixture
def redis(server: subprocess.Popen[bytes], tmp_path: Path) -> Iterator[Redis]:
    client = connect_for_web(f"unix://{tmp_path / 'r.sock'}", timeout_s=TIMEOUT_S)
    client.ping()
    yield client
    client.close()


def _answers(redis: Redis) -> bool:
    try:
        return bool(redis.ping())
    except ConnectionError:
        return False


def test_of_many_who_ask_a_frozen_redis_only_some_wait_and_it_is_seen_when_it_is_back(
    redis: Redis, server: subprocess.Popen[bytes]
) -> None:
    server.send_signal(signal.SIGSTOP)
    with pytest.raises(TimeoutError):
        redis.ping()
    waited = [_seconds(redis) for _ in range(200)]
    probes = [seconds for seconds in waited if seconds > TIMEOUT_S / 2]
    assert len(probes) < 20, "the others were told at once"
    server.send_signal(signal.SIGCONT)
    eventually(lambda: _is_back(redis), 20)


def _seconds(redis: Redis) -> float:
    since_s = time.monotonic()
    with pytest.raises(TimeoutError):
        redis.ping()
    return time.monotonic() - since_s


def _is_back(redis: Redis) -> bool:
    try:
        return bool(redis.ping())
    except TimeoutError:
        return False


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def _times_out() -> str:
    raise TimeoutError("nothing")


def _refuses() -> str:
    raise ResponseError("MISCONF")


def _ask(fuse: Fuse, do: object = None) -> str:
    return fuse.call_with_retry(do or (lambda: "answer"), lambda error: None)  # type: ignore[arg-type]


def test_a_blown_fuse_lets_one_through_after_its_rest() -> None:
    clock = Clock()
    fuse = Fuse(timeout_s=2, now_s=clock)
    assert _ask(fuse) == "answer"
    for _ in range(2):
        with pytest.raises(TimeoutError, match="nothing"):
            _ask(fuse, _times_out)
        with pytest.raises(TimeoutError, match="a moment ago"):
            _ask(fuse)
        clock.now_s += REST_S
    assert _ask(fuse) == "answer"
    assert _ask(fuse) == "answer"


def test_while_one_looks_whether_redis_is_back_nobody_else_waits_for_it() -> None:
    clock = Clock()
    fuse = Fuse(timeout_s=2, now_s=clock)
    with pytest.raises(TimeoutError):
        _ask(fuse, _times_out)
    clock.now_s += REST_S
    looking, go_on = threading.Event(), threading.Event()

    def look() -> str:
        looking.set()
        assert go_on.wait(20)
        return "back"

    thread = threading.Thread(target=_ask, args=(fuse, look))
    thread.start()
    assert looking.wait(20)
    with pytest.raises(TimeoutError, match="a moment ago"):
        _ask(fuse)
    go_on.set()
    thread.join(20)
    assert _ask(fuse) == "answer"


def test_a_refusal_is_an_answer() -> None:
    clock = Clock()
    fuse = Fuse(timeout_s=2, now_s=clock)
    with pytest.raises(TimeoutError):
        _ask(fuse, _times_out)
    clock.now_s += REST_S
    with pytest.raises(ResponseError):
        _ask(fuse, _refuses)
    assert _ask(fuse) == "answer"
