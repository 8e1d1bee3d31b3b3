"""What a drain says of its batches: counters for `/metrics`, and a line a second in the log."""

from __future__ import annotations

import time
from collections import Counter
from typing import Final

from cueline.drain.batch import Report
from cueline.logs import Log
from cueline.streams import histogram
from cueline.streams.stats import Stats

_log = Log(__name__)

EVERY_S: Final = 1.0


class Teller:
    """Of one slice. At 200 batches a second a line for each would be noise: `info` sums them, `debug` has each."""

    def __init__(self, stats: Stats, *, drain: str) -> None:
        self._stats = stats
        self._drain = drain
        self._sums: Counter[str] = Counter()
        self._partitions: set[int] = set()
        self._slowest_s = 0.0
        self._said_s = time.monotonic()

    def tell(self, report: Report) -> None:
        self._count(report)
        if _log.is_debugging():
            _log.debug("batch committed", drain=self._drain, ms=_ms(report.took_s), **_figures(report))
        self._sums += Counter(_figures(report)) + Counter(batches=1)
        self._partitions |= set(report.partitions)
        self._slowest_s = max(self._slowest_s, report.took_s)
        if time.monotonic() - self._said_s >= EVERY_S:
            self.say()

    def say(self) -> None:
        """The sums since the last time; nothing when there are none."""
        if self._sums:
            partitions = ",".join(map(str, sorted(self._partitions)))
            slowest = _ms(self._slowest_s)
            _log.info("drained", drain=self._drain, partitions=partitions, slowest_ms=slowest, **self._sums)
        self._sums, self._partitions, self._slowest_s = Counter(), set(), 0.0
        self._said_s = time.monotonic()

    def _count(self, report: Report) -> None:
        count = self._stats.count
        for status, n in report.statuses.items():
            count("drain_events_total", n, status=status)
        for effect, n in report.effects.items():
            count("effects_total", n, kind=effect)
        if report.repeats:
            count("drain_events_total", report.repeats, status="repeated")
        if report.runs:
            count("runs_total", report.runs)
        count("drain_batches_total")
        histogram.observe(count, "drain_batch_seconds", report.took_s)


def _figures(report: Report) -> dict[str, int]:
    return {
        "events": sum(report.statuses.values()),
        "repeats": report.repeats,
        "runs": report.runs,
        "deliveries": report.deliveries,
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
