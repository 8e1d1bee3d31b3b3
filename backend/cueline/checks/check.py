"""What a check found, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

from redis import Redis
from sqlalchemy import Engine

from cueline.clock import Clock
from cueline.config import Settings

Level = Literal["ok", "note", "warn", "fail"]

OK: Final = "ok"
NOTE: Final = "note"  # good for trying, and worth knowing
WARN: Final = "warn"  # it works, and will not for ever or not for everybody
FAIL: Final = "fail"  # something does not work


@dataclass(frozen=True, slots=True)
class Check:
    """`found` and `advice` are a line each. `where`: an address, for operators only."""

    name: str
    level: Level
    found: str
    advice: str = ""
    where: str = ""

    @property
    def is_wrong(self) -> bool:
        return self.level in (WARN, FAIL)


@dataclass(frozen=True, slots=True)
class Site:
    """What is looked at. Stores are opened by whoever looks, and closed again if he opened them for himself alone."""

    settings: Settings
    clock: Clock
    redis: Callable[[], AbstractContextManager[Redis]]
    queues: Callable[[], AbstractContextManager[Redis]]
    engine: Callable[[], AbstractContextManager[Engine]]


def shown(url: str) -> str:
    """An address without its password."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    user, _, hosts = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}:•••@{hosts}"))


def seconds(ms: int) -> str:
    """A span of time as people say it."""
    for unit_ms, unit in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min")):
        if ms >= 2 * unit_ms:
            return f"{ms // unit_ms} {unit}"
    return f"{ms // 1000} s" if ms >= 10_000 else f"{ms / 1000:.1f} s"


def some(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
