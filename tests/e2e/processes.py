"""The processes below another one, from /proc."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Found:
    pid: int
    parent: int
    command: list[str]

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    @property
    def is_running(self) -> bool:
        found = _read(self.pid)
        return found is not None and found.command == self.command


def below(pid: int) -> list[Found]:
    """Children, their children and so on; not those that have ended."""
    everyone = [found for found in map(_read, _pids()) if found is not None]
    found, parents = list[Found](), {pid}
    while parents:
        children = [one for one in everyone if one.parent in parents]
        found += children
        parents = {child.pid for child in children}
    return found


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _read(pid: int) -> Found | None:
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
        command = Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state == "Z" else Found(pid, int(parent), command)
