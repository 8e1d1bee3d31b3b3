"""A disk with little room, by what this machine allows: a mount of our own, one in a user namespace, or a limit."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tests.e2e.processes import below

MIB: Final = 1_048_576
_BALLAST: Final = "ballast"


@dataclass(frozen=True)
class Disk:
    """`folder` is the disk. `wrap()`: the command of a process that writes there, started so that it has no more."""

    folder: Path
    wrap: Callable[..., tuple[str, ...]]
    fill: Callable[[], None]
    free: Callable[[], None]


def kind() -> str:
    """The best that works here: `tmpfs`, `namespace` or `limit`."""
    if _may_mount():
        return "tmpfs"
    return "namespace" if _may_unshare() else "limit"


@cache
def _may_mount() -> bool:
    if os.geteuid() != 0 or not shutil.which("mount"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True).returncode:
            return False
        subprocess.run(["umount", folder], check=True)
    return True


@cache
def _may_unshare() -> bool:
    if not shutil.which("unshare") or not shutil.which("nsenter"):
        return False
    tried = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tempfile.gettempdir()]
    return subprocess.run(tried, capture_output=True).returncode == 0


@contextmanager
def mounted(folder: Path, mib: int) -> Iterator[Disk]:
    """A tmpfs that all processes see."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder)], check=True)
    try:
        yield Disk(folder, _as_it_is, lambda: _fill(folder), (folder / _BALLAST).unlink)
    finally:
        # Whatever still has a file open there keeps it until it ends.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def in_a_namespace(folder: Path, mib: int) -> Iterator[Disk]:
    """A tmpfs that only processes of a user namespace see; one that sleeps keeps it."""
    folder.mkdir(parents=True, exist_ok=True)
    made = f"mount -t tmpfs -o size={mib}m tmpfs '{folder}' && echo ready && exec sleep infinity"
    keeper = subprocess.Popen(["unshare", "-rm", "sh", "-c", made], stdout=subprocess.PIPE)
    assert keeper.stdout is not None and keeper.stdout.readline() == b"ready\n"
    enter = ("nsenter", "--preserve-credentials", "-U", "-m", "-t", str(keeper.pid), "--")
    inside = Path(f"/proc/{keeper.pid}/root{folder}")
    try:
        yield Disk(folder, lambda *command: (*enter, *command), lambda: _fill(inside), (inside / _BALLAST).unlink)
    finally:
        keeper.kill()
        keeper.wait()


@contextmanager
def limited(folder: Path, mib: int) -> Iterator[Disk]:
    """No file of these processes grows beyond a limit: `File too large` in place of `No space left on device`."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {"limit": resource.RLIM_INFINITY}

    def limit(bytes_: int) -> None:
        """Also for those that run: ours below us."""
        state["limit"] = bytes_
        for found in below(os.getpid()):
            if str(folder) in " ".join(found.command) or _has_open(found.pid, folder):
                with contextlib.suppress(ProcessLookupError):
                    resource.prlimit(found.pid, resource.RLIMIT_FSIZE, (bytes_, resource.RLIM_INFINITY))

    def fill() -> None:
        largest = max((file.stat().st_size for file in folder.rglob("*") if file.is_file()), default=0)
        limit(max(largest, 1))

    # A signal comes with the limit, which ends who does not ignore it.
    ignore = ("sh", "-c", 'trap "" XFSZ; exec "$@"', "sh")
    yield Disk(folder, lambda *command: (*ignore, *command), fill, lambda: limit(resource.RLIM_INFINITY))


KINDS: Final = {"tmpfs": mounted, "namespace": in_a_namespace, "limit": limited}


def _as_it_is(*command: str) -> tuple[str, ...]:
    return command


def _fill(folder: Path) -> None:
    """To the last byte, as long as somebody frees some meanwhile."""
    until_s = time.monotonic() + 0.3
    with (folder / _BALLAST).open("ab", buffering=0) as ballast:
        while time.monotonic() < until_s:
            with contextlib.suppress(OSError):
                while ballast.write(b"x" * 65_536) == 65_536:
                    pass
            with contextlib.suppress(OSError):
                while ballast.write(b"x"):
                    pass
            time.sleep(0.02)


def _has_open(pid: int, folder: Path) -> bool:
    with contextlib.suppress(OSError):
        return any(str(folder) in str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir())
    return False
