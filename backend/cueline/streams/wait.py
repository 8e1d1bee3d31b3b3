"""Waiting for the first new entry in any of several streams. It takes nothing: it only tells that there is one."""

from __future__ import annotations

import math
import select
import time
from collections.abc import Mapping
from typing import Any, Final, Protocol, cast

from redis import Redis
from redis.exceptions import RedisError

from cueline.streams import keys
from cueline.streams.cluster import Cluster

# How long a question to a node stays open. Longer than a drain waits: the next wait goes on with it.
_OPEN_MS: Final = 2_000


class Waiter(Protocol):
    def wait(self, after: Mapping[int, str], *, block_ms: int) -> set[int]:
        """Blocks until a partition has an entry later than the id given for it; those that have, none in the end."""

    def close(self) -> None: ...


def waiter(redis: Redis) -> Waiter:
    return _OnCluster(redis) if isinstance(redis, Cluster) else _OnOne(redis)


class _OnOne:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def wait(self, after: Mapping[int, str], *, block_ms: int) -> set[int]:
        partitions = {keys.stream(partition): partition for partition in after}
        streams = {stream: after[partition] for stream, partition in partitions.items()}
        found = self._redis.xread(cast(Any, streams), count=1, block=block_ms)
        # A map in RESP 3, a list of pairs in RESP 2.
        heard = cast(Any, found if isinstance(found, dict) else dict(found or ()))
        return {partitions[name.decode()] for name in heard}

    def close(self) -> None:
        """It keeps nothing open."""


class _OnCluster:
    """A cluster takes no command for streams of several slots, not even on one node: each has a question of its own.

    All are open at the same time, each on a connection of its own, and the first answer ends the wait; the others stay
    open. An answer to an older question is harmless: the drain then looks and finds nothing.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._asked: dict[int, _Question] = {}

    def wait(self, after: Mapping[int, str], *, block_ms: int) -> set[int]:
        """A node that is away is left out; the drain's reads say so."""
        for partition, question in list(self._asked.items()):
            if partition not in after or question.is_forgotten():
                self._asked.pop(partition).close()
        until_s = time.monotonic() + block_ms / 1000
        while (left_s := until_s - time.monotonic()) > 0:
            self._ask(after)
            if not self._asked:
                time.sleep(left_s)
            elif heard := self._hear(after, left_s):
                return heard
        return set()

    def close(self) -> None:
        while self._asked:
            self._asked.popitem()[1].close()

    def _ask(self, after: Mapping[int, str]) -> None:
        for partition, last in after.items():
            if partition in self._asked:
                continue
            try:
                self._asked[partition] = _Question(self._cluster.node_of(keys.stream(partition)), partition, last)
            except RedisError:
                continue

    def _hear(self, after: Mapping[int, str], seconds: float) -> set[int]:
        """Whose answers are news. Questions that were answered, or broke off, are asked anew."""
        asked = {question.fileno(): partition for partition, question in self._asked.items()}
        poll = select.poll()
        for fileno in asked:
            poll.register(fileno, select.POLLIN)
        heard = [asked[fileno] for fileno, _ in poll.poll(math.ceil(seconds * 1000))]
        return {partition for partition in heard if self._is_news(partition, after[partition])}

    def _is_news(self, partition: int, last: str) -> bool:
        question = self._asked.pop(partition)
        try:
            found = question.answer()
        except RedisError:
            # The node went away, or has the stream no more: the drain's next read finds out.
            return True
        return found is not None and _number(found) > _number(last)


class _Question:
    """One XREAD BLOCK that was sent and not yet answered."""

    def __init__(self, redis: Redis, partition: int, last: str) -> None:
        self._pool = redis.connection_pool
        self._connection: Any = self._pool.get_connection()
        self._asked_s = time.monotonic()
        try:
            question = ("XREAD", "COUNT", 1, "BLOCK", _OPEN_MS, "STREAMS", keys.stream(partition), last)
            connection: Any = self._connection
            connection.send_command(*question)
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        # redis-py has no way of its own to wait for several connections at once.
        return int(self._connection._sock.fileno())

    def is_forgotten(self) -> bool:
        """Long past its time without an answer: the node, or the way to it, is gone."""
        return time.monotonic() - self._asked_s > 2 * _OPEN_MS / 1000

    def answer(self) -> str | None:
        """The id of the entry that came, if one did."""
        try:
            found = self._connection.read_response()
        except BaseException:
            self.close()
            raise
        self._pool.release(self._connection)
        if not found:
            return None
        # A map in RESP 3, a list of pairs in RESP 2.
        [entries] = found.values() if isinstance(found, dict) else [pair[1] for pair in found]
        return cast(bytes, entries[0][0]).decode()

    def close(self) -> None:
        self._connection.disconnect()
        self._pool.release(self._connection)


def _number(stream_id: str) -> tuple[int, int]:
    ms, _, count = stream_id.partition("-")
    return int(ms), int(count or 0)
