"""Durations in documents: a whole number and a unit, as in `30s`, `10m`, `2h`, `1d`, `1w`."""

from __future__ import annotations

import re
from typing import Final

from cueline.errors import Problem
from cueline.problems import error

UNITS_MS: Final = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
MAX_MS: Final = 366 * UNITS_MS["d"]

_DURATION = re.compile(r"([1-9][0-9]{0,8})([smhdw])")


def parse(value: object, *, at: str, problems: list[Problem]) -> int | None:
    """The milliseconds of a duration; a problem and None when it is none, or longer than 366 days."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        message = "A duration is a whole number and a unit: s, m, h, d or w."
        error(problems, at, code="bad_duration", message=message, value=value, allowed=_EXAMPLES)
        return None
    ms = int(match[1]) * UNITS_MS[match[2]]
    if ms <= MAX_MS:
        return ms
    error(problems, at, code="bad_duration", message="A duration is at most 366d.", value=value)
    return None


_EXAMPLES: Final = ("30s", "10m", "2h", "1d", "1w")


def to_text(ms: int) -> str:
    """The shortest text of a duration in whole seconds."""
    for unit, unit_ms in UNITS_MS.items():
        if ms % unit_ms == 0:
            return f"{ms // unit_ms}{unit}"
    raise ValueError(f"{ms} ms is not a whole number of seconds")
