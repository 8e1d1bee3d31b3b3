"""The partitions that one drain owns: taken, renewed by a thread, given up when its share shrinks."""

from __future__ import annotations

import functools
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from redis import Redis, RedisError
from sqlalchemy import Engine

from cueline.clock import Clock
from cueline.config import Settings
from cueline.drain import share
from cueline.logs import Log, said
from cueline.store.batch import leases as epochs
from cueline.store.session import writing
from cueline.streams import lease
from cueline.streams.read import Reader

_log = Log(__name__)

_BEAT_MS: Final = 250


# A partition whose node of a cluster does not answer is left alone for so long.
AWAY_S: Final = 1.0


@dataclass(slots=True)
class Owned:
    """A partition that is ours. `is_caught_up`: what its last owner left unacknowledged was handled."""

    partition: int
    token: str
    epoch: int
    last_id: str
    is_caught_up: bool = False
    away_until_s: float = 0.0

    def leave_alone(self) -> None:
        """Its node does not answer: for a moment nobody asks, and what was taken then comes first."""
        self.is_caught_up = False
        self.away_until_s = time.monotonic() + AWAY_S

    @property
    def is_away(self) -> bool:
        return time.monotonic() < self.away_until_s


class Leases:
    """Thread-safe: the drain takes and gives, a thread of its own renews and beats."""

    def __init__(
        self, redis: Redis, engine: Engine, reader: Reader, *, settings: Settings, clock: Clock, name: str
    ) -> None:
        self._redis = redis
        self._engine = engine
        self._reader = reader
        self._settings = settings
        self._clock = clock
        self._name = name
        self._owned: dict[int, Owned] = {}
        self._share = 0
        self._away_until_s: dict[int, float] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="leases", daemon=True)

    def __enter__(self) -> Leases:
        self._beat()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._say(self._leave)

    def owned(self) -> list[Owned]:
        with self._lock:
            return list(self._owned.values())

    def give_up(self) -> None:
        """Frees every partition that is still ours."""
        for owned in self.owned():
            self._give(owned)

    def _leave(self) -> None:
        """Redis away: the first error ends it, and the rest runs out by itself."""
        for owned in self.owned():
            self.lose(owned.partition)
            self._apart(functools.partial(lease.release, self._redis, owned.partition, owned.token))
        share.leave(self._redis, self._name)

    def lose(self, partition: int) -> None:
        """Somebody else has it: forget it without touching its lease."""
        with self._lock:
            self._owned.pop(partition, None)

    def balance(self) -> None:
        """Takes free partitions up to the fair share, gives up what is beyond it."""
        mine = self.owned()
        for owned in mine[self._share :]:
            self._give(owned)
        missing = self._share - len(mine)
        if missing <= 0:
            return
        others = [p for p in range(self._settings.partitions) if p not in {o.partition for o in mine}]
        # In an order of its own, so that drains that start together do not all try the same one first.
        random.shuffle(others)
        for partition in others:
            if missing and self._take_unless_away(partition):
                missing -= 1

    def _take_unless_away(self, partition: int) -> bool:
        """False also while the partition's node of a cluster does not answer."""
        if time.monotonic() < self._away_until_s.get(partition, 0.0):
            return False
        try:
            return self._take(partition)
        except RedisError as error:
            if not self._reader.is_on_cluster:
                raise
            _log.warning("partition away", partition=partition, drain=self._name, error=said(error))
            self._away_until_s[partition] = time.monotonic() + AWAY_S
            return False

    def _take(self, partition: int) -> bool:
        token = f"{self._name}/{random.getrandbits(64):016x}"
        if not lease.acquire(self._redis, partition, token, life_ms=self._settings.lease_ms):
            return False
        try:
            with writing(self._engine) as connection:
                epoch = epochs.begin_epoch(connection, partition, owner=self._name)
            owned = Owned(partition, token, epoch, self._reader.prepare(partition))
        except BaseException:
            lease.release(self._redis, partition, token)
            raise
        with self._lock:
            self._owned[partition] = owned
        _log.debug("partition taken", partition=partition, epoch=epoch, drain=self._name)
        return True

    def _give(self, owned: Owned) -> None:
        self.lose(owned.partition)
        self._say(lambda: lease.release(self._redis, owned.partition, owned.token))

    def _keep(self) -> None:
        """Beats often, so that shares are fair within a second; a lease that cannot be renewed is lost."""
        pause_s = min(self._settings.lease_ms / 4, _BEAT_MS) / 1000
        while not self._ended.wait(pause_s):
            self._say(self._beat)
            self._say(self._renew)

    def _beat(self) -> None:
        live = share.beat(self._redis, self._name, now_ms=self._clock.now_ms())
        self._share = share.fair_share(self._name, live, self._settings.partitions)

    def _renew(self) -> None:
        for owned in self.owned():
            self._apart(functools.partial(self._renew_one, owned))

    def _renew_one(self, owned: Owned) -> None:
        life_ms = self._settings.lease_ms
        if not lease.renew(self._redis, owned.partition, owned.token, life_ms=life_ms):
            self.lose(owned.partition)
            _log.warning("partition lost", partition=owned.partition, drain=self._name)

    def _apart(self, do: Callable[[], object]) -> None:
        """On a cluster one partition's node may be away, and the next partition's not."""
        if self._reader.is_on_cluster:
            self._say(do)
        else:
            do()

    def _say(self, do: Callable[[], object]) -> None:
        """Redis away: the lease then runs out by itself, and the SQL epoch keeps a late batch out."""
        try:
            do()
        except RedisError as error:
            _log.warning("leases cannot be renewed", drain=self._name, error=said(error))
