"""What `/metrics` shows: the counters of all processes, and how the stores stand this moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from prometheus_client.core import GaugeMetricFamily, Metric
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

import cueline
from cueline.clock import Clock
from cueline.collector import counted
from cueline.collector.deadline import Deadline
from cueline.errors import CuelineError
from cueline.store import dead_letters
from cueline.store.session import reading
from cueline.streams import keys

# Prometheus gives up after 10 s, and both stores may hang.
WITHIN_S: Final = 3.0
OPEN_STATES: Final = ("pending", "sending")
KINDS: Final = ("drain", "deliver")
_BEAT_MS: Final = 15_000
_SLOTS: Final = 64

# Only figures that a partial index or a small table gives, for scraping must not cost a scan. The values stand in the
# text because SQLite takes a partial index for nothing else.
_OPEN: Final = text(
    "SELECT state, count(*) AS n, min(due_ms) AS due_ms FROM deliveries WHERE state IN ('pending', 'sending') "
    "GROUP BY state"
)
_HELD: Final = text("SELECT count(*) FROM events WHERE status = 'held'")


class StoreMetrics:
    """A Prometheus collector. A store that is away leaves its figures out and `cueline_up` says so."""

    def __init__(self, redis: Redis, engine: Engine, clock: Clock, *, partitions: int) -> None:
        self._redis = redis
        self._engine = engine
        self._clock = clock
        self._partitions = partitions
        self._from_redis = Deadline(self._read_redis, within_s=WITHIN_S)
        self._from_sql = Deadline(self._read_sql, within_s=WITHIN_S)

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("cueline_up", "Whether the store answers", labels=["store"])
        for store, figures in (("redis", self._from_redis), ("sql", self._from_sql)):
            try:
                yield from figures.run()
                up.add_metric([store], 1)
            except (RedisError, SQLAlchemyError, CuelineError, TimeoutError):
                up.add_metric([store], 0)
        yield up
        release = GaugeMetricFamily("cueline_build_info", "The release of this web process", labels=["version"])
        release.add_metric([cueline.__version__], 1)
        yield release

    def _read_redis(self) -> list[Metric]:
        now_ms = self._clock.now_ms()
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hgetall(keys.STATS)
            pipe.exists(keys.CLOCK_LEADER)
            pipe.zcount(keys.DRAINS, now_ms - _BEAT_MS, "+inf")
            for kind in KINDS:
                pipe.exists(*(keys.slot(kind, number) for number in range(_SLOTS)))
            for partition in range(self._partitions):
                pipe.xlen(keys.stream(partition))
                pipe.xrange(keys.stream(partition), count=1)
                pipe.exists(keys.lease(partition))
            stats, clock, drains, *rest = pipe.execute(raise_on_error=False)
        for answer in (stats, clock, drains, *rest[: len(KINDS)]):
            if isinstance(answer, RedisError):
                raise answer
        signs = _signs(clock, drains, rest[: len(KINDS)])
        return [*counted.families(stats), *signs, *self._streams(rest[len(KINDS) :], now_ms)]

    def _streams(self, answers: Sequence[Any], now_ms: int) -> Iterator[Metric]:
        """A partition whose node of a cluster is away has no figures but that."""
        by = ["partition"]
        there = GaugeMetricFamily("cueline_stream_up", "Whether the partition takes events", labels=by)
        waiting = GaugeMetricFamily("cueline_stream_entries", "Events that wait for the drain", labels=by)
        lag = GaugeMetricFamily("cueline_stream_lag_seconds", "Age of the oldest event that waits", labels=by)
        owned = GaugeMetricFamily("cueline_stream_owned", "Whether a drain has the partition", labels=by)
        for partition in range(self._partitions):
            length, first, lease = answers[3 * partition : 3 * partition + 3]
            label = [str(partition)]
            is_there = not any(isinstance(answer, RedisError) for answer in (length, first, lease))
            there.add_metric(label, int(is_there))
            if not is_there:
                continue
            waiting.add_metric(label, length)
            since_ms = int(first[0][0].partition(b"-")[0]) if first else now_ms
            lag.add_metric(label, max(0, now_ms - since_ms) / 1000)
            owned.add_metric(label, lease)
        yield from (there, waiting, lag, owned)

    def _read_sql(self) -> list[Metric]:
        with reading(self._engine) as connection:
            states = {str(row.state): row for row in connection.execute(_OPEN)}
            held, dead = connection.execute(_HELD).scalar_one(), dead_letters.count_open(connection)
        open_ = GaugeMetricFamily("cueline_deliveries_open", "Deliveries that are not closed yet", labels=["state"])
        for state in OPEN_STATES:
            open_.add_metric([state], states[state].n if state in states else 0)
        late_ms = self._clock.now_ms() - states["pending"].due_ms if "pending" in states else 0
        return [
            open_,
            GaugeMetricFamily(
                "cueline_deliveries_lag_seconds",
                "Time since the oldest open delivery was due",
                value=max(0, late_ms) / 1000,
            ),
            GaugeMetricFamily("cueline_events_held", "Events held until their visitor logs in", value=held),
            GaugeMetricFamily("cueline_dead_letters", "Dead letters that wait for somebody", value=dead),
        ]


def _signs(clock: int, drains: int, slots: Sequence[int]) -> Iterator[Metric]:
    yield GaugeMetricFamily("cueline_clock_up", "Whether a clock leads", value=clock)
    yield GaugeMetricFamily("cueline_drains", "Drains that gave a sign of life within 15 s", value=drains)
    jobs = GaugeMetricFamily("cueline_resident_jobs", "Resident jobs that are at work", labels=["kind"])
    for kind, count in zip(KINDS, slots, strict=True):
        jobs.add_metric([kind], count)
    yield jobs
