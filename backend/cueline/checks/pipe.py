"""The way from the streams to SQL: who works on it, and what waits?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis import Redis, RedisError

from cueline.checks.check import FAIL, OK, WARN, Check, Site, seconds, some
from cueline.jobs import presence
from cueline.jobs.worker import DELIVER, queue_of
from cueline.streams import keys

BEAT_MS: Final = 15_000
SLOW_MS: Final = 10_000
STUCK_MS: Final = 60_000
# A lease lives 8 s at the most; after that, somebody should have taken over.
UNOWNED_MS: Final = 15_000
SKEW_MS: Final = 2_000
MOST_PARTITIONS: Final = 256
_SLOTS: Final = 16


@dataclass(frozen=True, slots=True)
class Pipe:
    """What Redis said, of the partitions that answer."""

    lengths: dict[int, int]
    oldest_ms: dict[int, int]  # age; of those where something waits
    owned: frozenset[int]
    beats: dict[str, int]  # live drain -> when it said so, by its own clock
    has_clock: bool

    @property
    def backlog(self) -> int:
        return sum(self.lengths.values())

    @property
    def lag_ms(self) -> int:
        return max(self.oldest_ms.values(), default=0)


def read(redis: Redis, *, partitions: int, now_ms: int) -> Pipe:
    """One round trip. Raises RedisError when the signs of life cannot be read."""
    with redis.pipeline(transaction=False) as pipe:
        for partition in range(partitions):
            pipe.xlen(keys.stream(partition))
            pipe.xrange(keys.stream(partition), count=1)
            pipe.exists(keys.lease(partition))
        pipe.zrange(keys.DRAINS, 0, -1, withscores=True)
        pipe.exists(keys.CLOCK_LEADER)
        *streams, beats, clock = pipe.execute(raise_on_error=False)
    for answer in (beats, clock):
        if isinstance(answer, Exception):
            raise answer
    found = {p: streams[3 * p : 3 * p + 3] for p in range(partitions) if _answered(streams[3 * p : 3 * p + 3])}
    return Pipe(
        {p: int(length) for p, (length, _, _) in found.items()},
        {p: max(0, now_ms - _written_ms(first)) for p, (_, first, _) in found.items() if first},
        frozenset(p for p, (_, _, lease) in found.items() if lease),
        {name.decode(): int(score) for name, score in beats if score > now_ms - BEAT_MS},
        bool(clock),
    )


def _answered(answers: Sequence[Any]) -> bool:
    """On a cluster the node of one partition can be away while the others answer."""
    return not any(isinstance(answer, RedisError) for answer in answers)


def _written_ms(entries: list[tuple[bytes, Any]]) -> int:
    return int(entries[0][0].partition(b"-")[0])


def look(site: Site) -> list[Check]:
    with site.redis() as redis:
        found = read(redis, partitions=site.settings.partitions, now_ms=site.clock.now_ms())
    return judge(found, partitions=site.settings.partitions)


def judge(pipe: Pipe, *, partitions: int) -> list[Check]:
    return [_clock(pipe), _drains(pipe, partitions), *_owners(pipe), _lag(pipe)]


def _clock(pipe: Pipe) -> Check:
    if pipe.has_clock:
        return Check("Clock", OK, "running")
    return Check("Clock", FAIL, "no clock runs: what is due waits", "Start `cueline clock` on one host.")


def _drains(pipe: Pipe, partitions: int) -> Check:
    if not pipe.beats:
        return Check("Drains", FAIL, "no worker takes events: they wait in Redis", "Start `cueline worker`.")
    return Check("Drains", OK, f"{len(pipe.beats)} for {some(partitions, 'partition', 'partitions')}")


def _owners(pipe: Pipe) -> list[Check]:
    """Entries that nobody is responsible for, while drains live."""
    left = [p for p, age_ms in pipe.oldest_ms.items() if p not in pipe.owned and age_ms > UNOWNED_MS]
    if not left or not pipe.beats:
        return []
    waiting = some(sum(pipe.lengths[p] for p in left), "event waits", "events wait")
    found = f"no drain has taken partition {', '.join(map(str, left))}, where {waiting}"
    return [Check("Partitions", FAIL, found, "Restart `cueline worker`; its log says why it takes none.")]


def _lag(pipe: Pipe) -> Check:
    if not pipe.backlog:
        return Check("Lag", OK, "nothing waits")
    waiting = some(pipe.backlog, "event waits", "events wait")
    found = f"{waiting}, the oldest for {seconds(pipe.lag_ms)}"
    if pipe.lag_ms < SLOW_MS:
        return Check("Lag", OK, found)
    advice = "See that `cueline worker` runs, and its log. With all of them busy, start more, up to the partitions."
    return Check("Lag", FAIL if pipe.lag_ms >= STUCK_MS else WARN, found, advice)


def look_at_deliver(site: Site) -> list[Check]:
    """Whether anybody sends what is due."""
    with site.redis() as redis, redis.pipeline(transaction=False) as pipe:
        for number in range(_SLOTS):
            pipe.exists(keys.slot(DELIVER, number))
        is_working = any(pipe.execute())
    with site.queues() as queues:
        workers = presence.alive(queue_of(DELIVER, queues))
    if is_working or workers:
        return [Check("Deliver", OK, some(max(1, workers), "process", "processes"))]
    advice = "Start `cueline worker` with --deliver 1 or more."
    return [Check("Deliver", FAIL, "no worker delivers: mails wait", advice)]


def look_at_clocks(site: Site) -> list[Check]:
    """This host's clock against that of Redis, and against those of the drains."""
    with site.redis() as redis:
        before_ms = site.clock.now_ms()
        at_s, micros = _time(redis)
        ours_ms = (before_ms + site.clock.now_ms()) // 2
        beats: Any = redis.zrange(keys.DRAINS, 0, -1, withscores=True)
    off = {"Redis": abs(ours_ms - at_s * 1000 - micros // 1000)}
    off |= {_host_of(name.decode()): int(score) - ours_ms for name, score in beats}
    wrong = {host: ms for host, ms in off.items() if ms > SKEW_MS}
    if not wrong:
        return [Check("Clocks", OK, "agree")]
    hosts = ", ".join(f"{host} by {seconds(ms)}" for host, ms in wrong.items())
    found = f"this host's clock and others differ: {hosts}"
    advice = "Let every host take its time from NTP (timedatectl set-ntp true): leases and limits go by it."
    return [Check("Clocks", WARN, found, advice)]


def _time(redis: Redis) -> tuple[int, int]:
    """By a script, for a command without a key has no node to go to on a cluster."""
    found: Any = redis.eval("return redis.call('TIME')", 1, keys.probe(0))
    return int(found[0]), int(found[1])


def _host_of(drain: str) -> str:
    """`drain-<n>-<generation>-<host>-<pid>`"""
    return "-".join(drain.split("-")[3:-1]) or drain


def look_beyond(site: Site) -> list[Check]:
    """Entries in partitions that nobody reads, since there are fewer of them now."""
    beyond = range(site.settings.partitions, MOST_PARTITIONS)
    with site.redis() as redis, redis.pipeline(transaction=False) as pipe:
        for partition in beyond:
            pipe.xlen(keys.stream(partition))
        lengths = dict(zip(beyond, pipe.execute(), strict=True)) if beyond else {}
    left = {partition: length for partition, length in lengths.items() if length}
    if not left:
        return []
    waiting = some(sum(left.values()), "event waits", "events wait")
    found = f"{waiting} in partitions that nobody reads: there are {site.settings.partitions} now"
    advice = f"Set CUELINE_PARTITIONS={max(left) + 1} everywhere until they are empty."
    return [Check("Partitions", FAIL, found, advice)]
