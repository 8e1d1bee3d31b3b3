"""A real `cueline up` in a process of its own, for tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

READY_S = 90.0


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def eventually(is_true: Callable[[], object], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.05)


class Up:
    """`output` grows while it runs; stdout and stderr together, as in a terminal."""

    def __init__(self, data: Path, *, port: int | None = None, **environ: str) -> None:
        self.data = data
        self.port = port or free_port()
        self.log = data.parent / f"{data.name}.{self.port}.log"
        self.environ = {**os.environ, "TERM": "dumb", "CUELINE_DATA": str(data), **environ}
        command = [sys.executable, "-m", "cueline", "up", "--port", str(self.port)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=data.parent, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def output(self) -> str:
        return self.log.read_text()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_ready(self) -> Up:
        eventually(lambda: "Ctrl-C stops." in self.output or self.process.poll() is not None, READY_S)
        assert self.process.poll() is None, self.output
        return self

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command on the same data directory."""
        command = [sys.executable, "-m", "cueline", *arguments]
        return subprocess.run(
            command, cwd=self.data.parent, env=self.environ, capture_output=True, text=True, timeout=60
        )

    def processes(self) -> dict[int, str]:
        """Everything that runs on this data directory: process id -> command line."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environ = (folder / "environ").read_bytes()
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            # Redis writes its title over its environment; the title has the socket's path.
            is_ours = f"CUELINE_DATA={self.data}\0".encode() in environ or self._socket() in command
            if is_ours and command:
                found[int(folder.name)] = command
        return found

    def _socket(self) -> str:
        file = self.data / "redis.url"
        return unquote(file.read_text().strip().removeprefix("unix://")) if file.exists() else "no socket yet"
