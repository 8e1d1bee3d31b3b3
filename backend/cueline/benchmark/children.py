"""The processes of a benchmark: `cueline web` as it is, a drain, senders. They end with it, however it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Final, TypeVar
from urllib.error import URLError
from urllib.request import urlopen

import msgspec

from cueline.benchmark import drainer
from cueline.errors import CuelineError
from cueline.tether import tether

_READY_S: Final = 60.0
_GRACE_S: Final = 10.0
_LAST_WORDS: Final = 2_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Web:
    """A `cueline web` that answers. `group`: its process group."""

    port: int
    group: int


class Drainer:
    """The other end of `cueline.benchmark.drainer`."""

    def __init__(self, child: subprocess.Popen[bytes], words: IO[bytes]) -> None:
        self._child = child
        self._words = words

    @property
    def group(self) -> int:
        return self._child.pid

    def drain(self, command: drainer.Drain) -> drainer.Drained:
        self._say(command)
        return self._hear(drainer.Drained)

    def begin_to_follow(self, command: drainer.Follow) -> None:
        """It works beside us from now on; `followed` waits for its end."""
        self._say(command)

    def followed(self) -> drainer.Followed:
        return self._hear(drainer.Followed)

    def _say(self, command: drainer.Command) -> None:
        assert self._child.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # then there is no answer either, and that says why
            self._child.stdin.write(msgspec.json.encode(command) + b"\n")
            self._child.stdin.flush()

    def _hear(self, kind: type[T]) -> T:
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise CuelineError(f"The benchmark's drain ended: {_last_words(self._words)}")
        return msgspec.json.decode(line, type=kind)


@contextmanager
def web(environ: Mapping[str, str]) -> Iterator[Web]:
    """`cueline web` on a free port of this machine only."""
    port = _free_port()
    with _started(["cueline", "web", "--port", str(port)], environ, stdout=subprocess.DEVNULL) as (child, words):
        _wait_until_ready(f"http://127.0.0.1:{port}/readyz", child, words)
        yield Web(port, child.pid)


@contextmanager
def drain(environ: Mapping[str, str]) -> Iterator[Drainer]:
    command = ["cueline.benchmark.drainer"]
    with _started(command, environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as (child, words):
        yield Drainer(child, words)


def told(module: str, *arguments: object, kind: type[T]) -> T:
    """Runs a process to its end; what it printed. It gets no settings: senders only know an address."""
    command = [module, *map(str, arguments)]
    with _started(command, {}, stdout=subprocess.PIPE) as (child, words):
        assert child.stdout is not None
        printed = child.stdout.read()
        if child.wait():
            raise CuelineError(f"{module} failed: {_last_words(words)}")
    return msgspec.json.decode(printed, type=kind)


@contextmanager
def _started(
    command: list[str], environ: Mapping[str, str], *, stdout: int, stdin: int = subprocess.DEVNULL
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """In a session of its own: Ctrl-C reaches only us, and we end it. Its stderr is kept for its last words."""
    with tempfile.TemporaryFile() as words:
        child = subprocess.Popen(
            [sys.executable, "-m", *command],
            env={**os.environ, **environ},
            stdin=stdin,
            stdout=stdout,
            stderr=words,
            start_new_session=True,
            # Safe beside our threads: it makes two system calls and takes no lock.
            preexec_fn=tether(),  # noqa: PLW1509
        )
        try:
            yield child, words
        finally:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """In order, then by force, with all that it started."""
    if child.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_GRACE_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    if child.stdout is not None:
        child.stdout.close()


def _last_words(words: IO[bytes]) -> str:
    words.seek(0)
    lines = words.read()[-_LAST_WORDS:].decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_until_ready(url: str, child: subprocess.Popen[bytes], words: IO[bytes]) -> None:
    until_s = time.monotonic() + _READY_S
    while time.monotonic() < until_s and child.poll() is None:
        with contextlib.suppress(URLError, OSError), urlopen(url, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise CuelineError(f"`cueline web` did not answer at {url}: {_last_words(words)}")
