"""One child process of `up`: in a session of its own, tethered, its output passed on line by line."""

from __future__ import annotations

import collections
import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO

from cueline.tether import tether

_KEPT_LINES = 20


@dataclass(frozen=True, slots=True)
class Child:
    """What to run. Children of a lower `stage` are ended before those of a higher one are asked to."""

    name: str
    command: list[str]
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    stage: int = 0


class Process:
    """A started child."""

    def __init__(self, child: Child, *, on_line: Callable[[str, str], None]) -> None:
        self.child = child
        self.started_s = time.monotonic()
        self.lines: collections.deque[str] = collections.deque(maxlen=_KEPT_LINES)
        self._on_line = on_line
        # A session of its own: Ctrl-C reaches only `up`, which then stops its children in order.
        self._popen = subprocess.Popen(
            child.command,
            env=dict(child.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Safe beside our reader threads: it makes two system calls and takes no lock.
            preexec_fn=tether(),  # noqa: PLW1509
        )
        assert self._popen.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self._popen.stdout,), daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    def _read(self, output: IO[bytes]) -> None:
        for raw in output:
            line = raw.decode(errors="replace").rstrip()
            self.lines.append(line)
            self._on_line(self.child.name, line)

    def ended(self) -> int | None:
        """Its exit code once it has ended (negative: the signal), with all that it had started."""
        if self._popen.returncode is None and self._has_exited():
            # Before it is reaped, while nobody else can have its process group's id.
            self._kill_group()
            self._popen.wait()
            self._reader.join(1)
        return self._popen.returncode

    def _has_exited(self) -> bool:
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def ask_to_end(self) -> None:
        if self.ended() is None:
            self._popen.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        if self.ended() is None:
            self._kill_group()
            self._popen.wait()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
