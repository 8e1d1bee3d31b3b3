"""Counters for `/metrics`: collected in memory, added up in one Redis hash that all processes share."""

from __future__ import annotations

import threading
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from cueline.logs import Log, said
from cueline.streams import keys

_log = Log(__name__)

Label = tuple[str, str]
Counter = tuple[str, tuple[Label, ...]]

FLUSH_S: Final = 1.0


class Stats:
    """Counts of one process. Counting never raises and never waits for Redis; what was not flushed dies with us.

    Names are Prometheus names without the prefix, as in `count("events_accepted_total", 3, door="collect")`.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._counts: dict[Counter, float] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def count(self, name: str, n: float = 1, **labels: str) -> None:
        self.add((name, tuple(labels.items())), n)

    def add(self, counter: Counter, n: float = 1) -> None:
        """`count` of a name and labels that were put together once and for all."""
        with self._lock:
            self._counts[counter] = self._counts.get(counter, 0) + n

    def flush(self) -> bool:
        """Add what was counted to the hash. False: Redis did not take it, and it is kept for the next time."""
        with self._lock:
            counts, self._counts = self._counts, {}
        if not counts:
            return True
        try:
            self._add(counts)
        except RedisError as error:
            _log.debug("counters wait for Redis", error=said(error))
            self._give_back(counts)
            return False
        return True

    def start(self, *, every_s: float = FLUSH_S) -> None:
        """Flush in the background until `stop`. A second start changes nothing."""
        if self._thread is not None:
            return
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, args=(every_s,), name="cueline-stats", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the background flush after a last one."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None
        self.flush()

    def _run(self, every_s: float) -> None:
        while not self._stopping.wait(every_s):
            self.flush()

    def _add(self, counts: dict[Counter, float]) -> None:
        # One transaction, so that a count is added whole or not at all.
        with self._redis.pipeline(transaction=True) as pipe:
            for (name, labels), n in counts.items():
                pipe.hincrbyfloat(keys.STATS, field_of(name, labels), n)
            pipe.execute()

    def _give_back(self, counts: dict[Counter, float]) -> None:
        with self._lock:
            for counter, n in counts.items():
                self._counts[counter] = self._counts.get(counter, 0) + n


def field_of(name: str, labels: tuple[Label, ...] = ()) -> str:
    """The hash field: `name{label="value",…}`, as Prometheus writes it, labels sorted."""
    if not labels:
        return name
    return name + "{" + ",".join(f'{key}="{_escape(value)}"' for key, value in sorted(labels)) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
