"""The drain's committer with a clock beside it: when an event was read and committed, without anyone asking SQL.

A stamp costs less than a microsecond; the eids are only read from the entries while somebody wants them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import msgspec

from cueline.drain.batch import Report
from cueline.drain.commit import Committer
from cueline.streams.entry import decode
from cueline.streams.read import Message


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """Seconds of the clock that all processes of a machine share; `batch`: how many events were committed together."""

    read_s: float
    committed_s: float
    batch: int


class StampedCommitter(Committer):
    """`count`: events committed so far. `seen`: where to note the eids of what is committed; None: nowhere."""

    count = 0
    seen: dict[str, Seen] | None = None

    def commit(self, messages: Sequence[Message], *, epochs: Mapping[int, int]) -> list[Report]:
        read_s = time.monotonic()
        reports = super().commit(messages, epochs=epochs)
        done = Seen(read_s, time.monotonic(), len(messages))
        self.count += sum(sum(report.statuses.values()) + report.repeats for report in reports)
        if self.seen is not None:
            self.seen.update((_eid(message), done) for message in messages)
        return reports


def _eid(message: Message) -> str:
    return decode(message.data).eid if message.data is not None else message.stream_id
