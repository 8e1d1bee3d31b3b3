"""Named points at which a process dies at once, so that tests can show what survives it. Unarmed they do nothing."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import Final

POINTS: Final = (
    "after_append_before_answer",
    "after_read_before_commit",
    "after_commit_before_acknowledge",
    "after_claim_before_start",
    "after_start_before_send",
    "after_send_before_record",
    "after_record_before_report",
    "after_report_before_mark",
    "after_queueing_resident",
    "after_replay_before_mark",
)


@dataclass(slots=True)
class _Bomb:
    point: str
    hits_left: int


_armed: _Bomb | None = None


def read(value: str) -> str:
    """A point's name, or `name:N` for the Nth time. Raises ValueError for anything else."""
    _parsed(value)
    return value


def arm(value: str) -> None:
    """From now on this process dies at that point; an empty value disarms."""
    global _armed  # noqa: PLW0603 - one per process, looked at on hot paths
    _armed = _parsed(value) if value else None


def point(name: str) -> None:
    """Ends the process here, without any clean-up, if it is armed for this point."""
    if _armed is not None:
        _hit(_armed, name)


def _hit(bomb: _Bomb, name: str) -> None:
    if bomb.point != name:
        return
    bomb.hits_left -= 1
    if bomb.hits_left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def _parsed(value: str) -> _Bomb:
    name, colon, times = value.partition(":")
    if name not in POINTS:
        raise ValueError(f"must be one of {', '.join(POINTS)}, or one of them with :N for the Nth time")
    if colon and not (times.isascii() and times.isdigit() and int(times) > 0):
        raise ValueError("after the colon stands a whole number from 1")
    return _Bomb(name, int(times or 1))
