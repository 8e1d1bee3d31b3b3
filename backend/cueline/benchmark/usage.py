"""CPU time and memory of other processes, as the kernel counts them (Linux)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
# After the name: state, ppid, pgrp, …; utime and stime are the 14th and 15th field of the whole line, rss is the 24th.
_PGRP: Final = 2
_UTIME: Final = 11
_RSS: Final = 21


def is_known() -> bool:
    """Whether this system tells."""
    return (_PROC / "self" / "stat").is_file()


def group_cpu_s(group: int) -> float:
    """User and system seconds of all living processes of a process group."""
    ticks = sum(int(fields[_UTIME]) + int(fields[_UTIME + 1]) for fields in _group(group))
    return ticks / os.sysconf("SC_CLK_TCK")


def group_rss_mb(group: int) -> list[float]:
    """Resident megabytes of each living process of a process group."""
    page = os.sysconf("SC_PAGE_SIZE")
    return [int(fields[_RSS]) * page / 1e6 for fields in _group(group)]


def _group(group: int) -> Iterator[list[str]]:
    for file in _PROC.glob("[0-9]*/stat"):
        fields = _fields(file)
        if fields and int(fields[_PGRP]) == group:
            yield fields


def _fields(file: Path) -> list[str]:
    """What follows the name in parentheses, which may hold spaces; nothing for a process that just ended."""
    try:
        return file.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
