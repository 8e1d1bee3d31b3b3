"""What `/metrics` shows: the counters of all processes, and how the stores stand this moment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from cueline.clock import Clock
from cueline.collector.deadline import Deadline
from cueline.store.session import reading
from cueline.streams import keys

WITHIN_S: Final = 5.0
OPEN_STATES: Final = ("pending", "sending")

# Only figures that a partial index or a small table gives, for scraping must not cost a scan. The values stand in the
# text because SQLite takes a partial index for nothing else.
_OPEN: Final = text("SELECT state, count(*) AS n FROM deliveries WHERE state IN ('pending', 'sending') GROUP BY state")
_HELD: Final = text("SELECT count(*) FROM events WHERE status = 'held'")
_DEAD: Final = text("SELECT count(*) FROM dead_letters WHERE replayed_ms IS NULL")

_FIELD: Final = re.compile(r"([a-zA-Z_]\w*)(?:\{(.*)\})?", re.DOTALL)
_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


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
            except (RedisError, SQLAlchemyError, TimeoutError):
                up.add_metric([store], 0)
        yield up

    def _read_redis(self) -> list[Metric]:
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hgetall(keys.STATS)
            for partition in range(self._partitions):
                pipe.xlen(keys.stream(partition))
                pipe.xrange(keys.stream(partition), count=1)
            stats, *streams = pipe.execute(raise_on_error=False)
        if isinstance(stats, RedisError):
            raise stats
        return [*counters(stats), *self._streams(streams[::2], streams[1::2])]

    def _streams(self, lengths: list[Any], oldest: list[Any]) -> Iterator[Metric]:
        """A partition whose node of a cluster is away has no figures but that."""
        there = GaugeMetricFamily("cueline_stream_up", "Whether the partition takes events", labels=["partition"])
        waiting = GaugeMetricFamily("cueline_stream_entries", "Events that wait for the drain", labels=["partition"])
        lag = GaugeMetricFamily("cueline_stream_lag_seconds", "Age of the oldest waiting event", labels=["partition"])
        now_ms = self._clock.now_ms()
        for partition, (length, first) in enumerate(zip(lengths, oldest, strict=True)):
            is_there = not isinstance(length, RedisError) and not isinstance(first, RedisError)
            there.add_metric([str(partition)], int(is_there))
            if not is_there:
                continue
            waiting.add_metric([str(partition)], length)
            since_ms = int(first[0][0].partition(b"-")[0]) if first else now_ms
            lag.add_metric([str(partition)], max(0, now_ms - since_ms) / 1000)
        yield from (there, waiting, lag)

    def _read_sql(self) -> list[Metric]:
        with reading(self._engine) as connection:
            states = {str(row.state): int(row.n) for row in connection.execute(_OPEN)}
            held, dead = connection.execute(_HELD).scalar_one(), connection.execute(_DEAD).scalar_one()
        open_ = GaugeMetricFamily("cueline_deliveries_open", "Deliveries not yet closed, by state", labels=["state"])
        for state in OPEN_STATES:
            open_.add_metric([state], states.get(state, 0))
        return [
            open_,
            GaugeMetricFamily("cueline_events_held", "Events held until their visitor logs in", value=held),
            GaugeMetricFamily("cueline_dead_letters", "Dead letters that were not replayed", value=dead),
        ]


def counters(stats: dict[bytes, bytes]) -> Iterable[Metric]:
    """The hash of `streams.stats` as counter families named `cueline_…`."""
    families: dict[str, CounterMetricFamily] = {}
    for field, value in sorted(stats.items()):
        found = _FIELD.fullmatch(field.decode())
        if found is None:
            continue
        name = "cueline_" + found[1].removesuffix("_total")
        family = families.setdefault(name, CounterMetricFamily(name, "Counted by all processes"))
        labels = {label: _ESCAPED.sub(_unescape, said) for label, said in _LABEL.findall(found[2] or "")}
        family.add_sample(name + "_total", labels, float(value))
    return families.values()


def _unescape(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else match[1]
