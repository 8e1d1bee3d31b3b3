"""CPU time of other processes, as the kernel counts it (Linux)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
# After the name: state, ppid, pgrp, …; utime and stime are the 14th and 15th field of the whole line.
_PGRP: Final = 2
_UTIME: Final = 11


def group_cpu_s(group: int) -> float:
    """User and system seconds of all living processes of a process group."""
    ticks = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        fields = _fields(file)
        if fields and int(fields[_PGRP]) == group:
            ticks += int(fields[_UTIME]) + int(fields[_UTIME + 1])
    return ticks / _TICKS_PER_S


def _fields(file: Path) -> list[str]:
    """What follows the name in parentheses, which may hold spaces; nothing for a process that just ended."""
    try:
        return file.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
