"""Who owns which partition, and whether each goes on: looked at from outside, in Redis."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from redis import Redis

from cueline.streams import keys
from cueline.streams.connect import connect
from tests.faults.site import Site

_PAUSE_S = 0.05


def shares(redis: Redis, partitions: int) -> Counter[int]:
    """How many partitions each process holds; a lease's token ends with its owner's pid."""
    tokens = [redis.get(keys.lease(partition)) for partition in range(partitions)]
    return Counter(int(token.partition(b"/")[0].rpartition(b"-")[2]) for token in tokens if token is not None)


def is_fair(found: Counter[int], pids: Collection[int], partitions: int) -> bool:
    """All partitions are held, by these processes, as many by each as by every other, or one more."""
    wanted = {partitions // len(pids), -(-partitions // len(pids))}
    return found.total() == partitions and set(found) <= set(pids) and {found[pid] for pid in pids} <= wanted


def wait_until_fair(site: Site, pids: Collection[int], *, seconds: float = 60) -> float:
    """How long it took."""
    since_s = time.monotonic()
    while not is_fair(found := shares(site.redis, site.settings.partitions), pids, site.settings.partitions):
        assert time.monotonic() - since_s < seconds, (found, pids)
        time.sleep(0.02)
    return time.monotonic() - since_s


@dataclass
class Watch:
    """Looks at the head of each stream all the time. `longest_s`: how long an entry stayed there, at most."""

    site: Site
    longest_s: float = 0
    _heads: dict[int, tuple[Any, float]] = field(default_factory=dict)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Watch:
        self._redis = connect(self.site.settings.streams_url())
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(10)
        self._redis.close()

    def _look(self) -> None:
        while not self._ended.wait(_PAUSE_S):
            for partition in range(self.site.settings.partitions):
                self._note(partition, self._redis.xrange(keys.stream(partition), count=1))

    def _note(self, partition: int, head: Any) -> None:
        """An entry is deleted once it is committed, so a head that stays is a partition that nobody drains."""
        now_s = time.monotonic()
        if not head:
            self._heads.pop(partition, None)
        elif (known := self._heads.get(partition)) is None or known[0] != head[0][0]:
            self._heads[partition] = (head[0][0], now_s)
        else:
            self.longest_s = max(self.longest_s, now_s - known[1])
