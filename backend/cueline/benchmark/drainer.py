"""A drain in a process of its own: `python -m cueline.benchmark.drainer`, with the settings in force.

It takes one command a line, as JSON, and answers each with a line: `Drain` appends events and drains them, `Follow`
drains what others report and notes when. It is the drain that a worker runs, without RQ, which only starts it.
"""

from __future__ import annotations

import itertools
import sys
import time
from typing import Final

import msgspec

from cueline.benchmark import shop
from cueline.benchmark.stamps import Seen, StampedCommitter
from cueline.clock import SystemClock
from cueline.config import Settings, load
from cueline.drain.leases import Leases
from cueline.drain.loop import Drain as Loop
from cueline.store.session import open_engine
from cueline.streams import keys
from cueline.streams.append import append
from cueline.streams.connect import connect
from cueline.streams.read import Reader

_PER_APPEND: Final = 500
_NAME: Final = "bench"


class Drain(msgspec.Struct, tag="drain"):
    """Append so many events for a workspace of `size` campaigns, then drain them. Answered with `Drained`."""

    workspace_id: int
    size: int
    events: int


class Drained(msgspec.Struct):
    """Seconds from the first read to the last acknowledge: by the clock, and of CPU, all threads included."""

    events: int
    seconds: float
    cpu_s: float


class Follow(msgspec.Struct, tag="follow"):
    """Drain until so many events are committed. Answered with `Followed`."""

    events: int
    within_s: float


class Followed(msgspec.Struct):
    """For each eid when it was taken from its stream and when it was committed; the drain's CPU."""

    seen: dict[str, Seen]
    cpu_s: float


Command = Drain | Follow


class Drainer:
    def __init__(self, settings: Settings) -> None:
        clock = SystemClock()
        engine = open_engine(settings.sql_url())
        self._settings = settings
        self._redis = connect(settings.streams_url())
        reader = Reader(self._redis, _NAME)
        self._committer = StampedCommitter(engine, clock=clock)
        self.leases = Leases(self._redis, engine, reader, settings=settings, clock=clock, name=_NAME)
        self._loop = Loop(self.leases, reader, self._committer, on_committed=lambda _report: None)
        self._seeds = itertools.count()

    def drain(self, command: Drain) -> Drained:
        self._append(command)
        until = self._committer.count + command.events
        began_s, cpu_s = time.perf_counter(), time.process_time()
        self._loop.run(lambda: self._committer.count >= until)
        return Drained(command.events, time.perf_counter() - began_s, time.process_time() - cpu_s)

    def follow(self, command: Follow) -> Followed:
        seen = self._committer.seen = {}
        until_s = time.monotonic() + command.within_s
        cpu_s = time.process_time()
        self._loop.run(lambda: len(seen) >= command.events or time.monotonic() > until_s)
        self._committer.seen = None
        return Followed(seen, time.process_time() - cpu_s)

    def _append(self, command: Drain) -> None:
        waiting: dict[int, list[bytes]] = {}
        wanted = shop.entries(command.workspace_id, command.size, command.events, seed=next(self._seeds))
        for visitor, entry in wanted:
            partition = keys.partition_of(command.workspace_id, visitor, self._settings.partitions)
            waiting.setdefault(partition, []).append(entry)
        for partition, entries in waiting.items():
            for start in range(0, len(entries), _PER_APPEND):
                append(self._redis, partition, entries[start : start + _PER_APPEND], max_len=self._settings.stream_max)


def main() -> None:
    drainer = Drainer(load())
    with drainer.leases:
        for line in sys.stdin:
            command = msgspec.json.decode(line, type=Command)
            done = drainer.drain(command) if isinstance(command, Drain) else drainer.follow(command)
            sys.stdout.buffer.write(msgspec.json.encode(done) + b"\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
