"""Is everything running? The checks of `cueline doctor`, for a page that asks again and again."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final

from redis import Redis, RedisError
from sqlalchemy import Engine

from cueline.checks import pipe
from cueline.checks.check import FAIL, Check, Site
from cueline.checks.examination import PAGE_S, Examiner
from cueline.clock import Clock
from cueline.collector.deadline import Deadline
from cueline.config import Settings

_REDIS: Final = "Redis"
_SQL: Final = "SQL"


@dataclass(slots=True)
class Health:
    """`backlog`: entries that no drain has finished; `lag_ms`: how long the oldest of them has waited."""

    wrong: list[Check]
    backlog: int = 0
    lag_ms: int = 0

    def add(self, check: Check) -> None:
        if (check.name, check.found) not in {(one.name, one.found) for one in self.wrong}:
            self.wrong.append(check)

    def fails(self, name: str) -> bool:
        return any(check.name == name and check.level == FAIL for check in self.wrong)

    def as_dict(self) -> dict[str, Any]:
        """Without addresses: who may read this page need not know where the stores are."""
        return {
            "redis": not self.fails(_REDIS),
            "sql": not self.fails(_SQL),
            "backlog": self.backlog,
            "lag_ms": self.lag_ms,
            "wrong": [
                {"level": one.level, "name": one.name, "found": one.found, "advice": one.advice} for one in self.wrong
            ],
        }


class Looks:
    """One for a web process, however many look at its page."""

    def __init__(
        self,
        settings: Settings,
        redis: Redis,
        engine: Engine,
        clock: Clock,
        *,
        queues: Redis,
        within_s: float = PAGE_S,
    ) -> None:
        site = Site(
            settings,
            clock,
            redis=lambda: nullcontext(redis),
            queues=lambda: nullcontext(queues),
            engine=lambda: nullcontext(engine),
        )
        self._examiner = Examiner(site, within_s=within_s)
        self._pipe = Deadline(
            lambda: pipe.read(redis, partitions=settings.partitions, now_ms=clock.now_ms()), within_s=within_s
        )

    def health(self) -> Health:
        wrong = [check for check in self._examiner.all() if check.is_wrong]
        found = Health(sorted(wrong, key=lambda check: check.level != FAIL))
        if found.fails(_REDIS):
            return found
        try:
            waiting = self._pipe.run()
        except (RedisError, TimeoutError):
            return found  # the next look names it
        found.backlog, found.lag_ms = waiting.backlog, waiting.lag_ms
        return found
