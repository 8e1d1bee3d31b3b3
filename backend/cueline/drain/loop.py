"""A drain at work: read what is ours, commit it, acknowledge it, for a slice of time."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import Final

from redis import RedisError
from sqlalchemy.exc import DBAPIError

from cueline import crash
from cueline.drain.batch import Report
from cueline.drain.commit import Committer
from cueline.drain.garbage import seldom_collected
from cueline.drain.leases import Leases, Owned
from cueline.errors import LeaseLost, Unavailable
from cueline.logs import Log, said
from cueline.streams.read import Message, Reader

_log = Log(__name__)

BATCH: Final = 500
_BLOCK_MS: Final = 250
_BALANCE_S: Final = 0.25
_PAUSE_S: Final = 0.25

OnCommitted = Callable[[Report], None]
Stop = Callable[[], bool]


class Drain:
    """Drives reader, committer and leases; holds no state that a crash could lose."""

    def __init__(self, leases: Leases, reader: Reader, committer: Committer, *, on_committed: OnCommitted) -> None:
        self._leases = leases
        self._reader = reader
        self._committer = committer
        self._on_committed = on_committed
        self._balanced_s = 0.0

    @seldom_collected()
    def run(self, stop: Stop) -> None:
        """Until `stop` says so. Redis or SQL away: waits and goes on."""
        while not stop():
            try:
                self._balance()
                self._turn(stop)
            except LeaseLost as lost:
                # Which partition it was does not matter: all are taken anew, what is pending first.
                _log.warning("drain starts anew", error=said(lost))
                self._leases.give_up()
            except (RedisError, Unavailable, DBAPIError) as error:
                # What was read and not acknowledged is pending now: it comes first again.
                self._catch_up_later()
                _log.warning("drain waits", error=said(error))
                time.sleep(_PAUSE_S)

    def _balance(self) -> None:
        if time.monotonic() - self._balanced_s < _BALANCE_S:
            return
        self._leases.balance()
        self._balanced_s = time.monotonic()

    def _turn(self, stop: Stop) -> None:
        """One batch, as soon as something waits; nothing when nothing came in a while."""
        owned = [one for one in self._leases.owned() if not one.is_away]
        if not owned:
            time.sleep(_PAUSE_S / 5)
            return
        for one in owned:
            if not one.is_caught_up:
                self._catch_up(one, stop)
                return
        self._commit(self._read(self._heard(owned)), owned, stop)

    def _heard(self, owned: Sequence[Owned]) -> Sequence[Owned]:
        """Those in whose streams something waits, so that no other costs a call; all of them after a silence."""
        after = {one.partition: one.last_id for one in owned}
        heard = self._reader.wait(after, block_ms=_BLOCK_MS)
        return [one for one in owned if one.partition in heard] or owned

    def _catch_up(self, one: Owned, stop: Stop) -> None:
        """What the last owner took and never acknowledged comes first; only then anything new."""
        messages = self._ask(one, lambda: self._reader.take_over(one.partition, one.token, count=BATCH))
        if messages:
            self._commit(messages, [one], stop)
        elif not one.is_away:
            self._reader.forget_dead(one.partition)
            one.is_caught_up = True

    def _read(self, owned: Sequence[Owned]) -> list[Message]:
        """Up to a batch, a fair part of it from each partition."""
        messages: list[Message] = []
        for one in owned:
            count = max(1, BATCH // len(owned))
            found = self._ask(one, functools.partial(self._reader.read, one.partition, one.token, count=count))
            if found:
                one.last_id = found[-1].stream_id
                messages += found
        return messages

    def _ask(self, one: Owned, read: Callable[[], list[Message]]) -> list[Message]:
        """What the partition has; nothing while its node of a cluster is away, so that the others go on."""
        try:
            return read()
        except RedisError as error:
            if not self._reader.is_on_cluster:
                raise
            one.leave_alone()
            _log.warning("partition away", partition=one.partition, error=said(error))
            return []

    def _commit(self, messages: Sequence[Message], owned: Sequence[Owned], stop: Stop) -> None:
        """Holds on to the batch while SQL is away: it is ours, and its order with it."""
        if not messages:
            return
        crash.point("after_read_before_commit")
        touched = {message.partition for message in messages}
        epochs = {one.partition: one.epoch for one in owned if one.partition in touched}
        while True:
            try:
                reports = self._committer.commit(messages, epochs=epochs)
                break
            except Unavailable as error:
                if stop():
                    raise
                _log.warning("batch waits for SQL", events=len(messages), error=said(error))
                time.sleep(_PAUSE_S)
        crash.point("after_commit_before_acknowledge")
        for report in reports:
            self._on_committed(report)
        self._reader.acknowledge(messages)

    def _catch_up_later(self) -> None:
        for one in self._leases.owned():
            one.is_caught_up = False
