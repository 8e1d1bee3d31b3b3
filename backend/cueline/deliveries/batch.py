"""The deliveries that one claim leased: each is rendered, sent, recorded.

A crash is safe between any two steps:

1. `pending`, leased: the lease runs out and somebody else claims it. Nothing was sent.
2. `sending`, with its texts stored: nobody knows whether it was sent; `outbox.recover` decides by its template.
3. closed: the outcome is reported late, by `outcomes.report_unreported`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row

from cueline import crash
from cueline.clock import Clock
from cueline.deliveries import reasons, retries, templates
from cueline.deliveries.address import Skip
from cueline.deliveries.channels.channel import Channel, Message
from cueline.deliveries.outcomes import Count
from cueline.deliveries.record import insist
from cueline.deliveries.scope import scope_of
from cueline.errors import DeliveryError
from cueline.logs import Log
from cueline.store import deliveries
from cueline.store.deliveries import FAILED, SKIPPED, Rendered
from cueline.store.session import reading, writing
from cueline.store.templates import repeats_after_crash

log = Log(__name__)

# Longer than one mail can take: seven answers of a mail server, each within 15 s.
SENDING_LEASE_MS: Final = 180_000


@dataclass(slots=True)
class Batch:
    """`token` and `lease_until_ms`: the claim. After `run`, `closed` and `put_off` hold what was decided.

    `stop()` is asked between two deliveries, and while SQL is away.
    """

    engine: Engine
    clock: Clock
    channels: Mapping[str, Channel]
    count: Count
    random: Callable[[], float]
    token: str
    lease_until_ms: int
    stop: Callable[[], bool]
    closed: list[int] = field(default_factory=list)
    put_off: list[int] = field(default_factory=list)
    _unreachable: set[str] = field(default_factory=set)

    def run(self, ids: Sequence[int]) -> None:
        """Delivers until all is done, `stop()` says so, or the lease ends; gives the rest back at once."""
        left, postponed = list(ids), list[int]()
        try:
            for row in self._load(ids):
                if self.stop() or self.clock.now_ms() >= self.lease_until_ms:
                    break
                left.remove(row.id)
                if row.channel in self._unreachable:
                    postponed.append(row.id)
                else:
                    self._deliver(row)
        finally:
            self._release(left, postponed)

    def _load(self, ids: Sequence[int]) -> list[Row[Any]]:
        with reading(self.engine) as connection:
            return deliveries.contexts(connection, ids)

    def _release(self, left: Sequence[int], postponed: Sequence[int]) -> None:
        if not left and not postponed:
            return
        later_ms = self.clock.now_ms() + retries.FIRST_WAIT_MS
        with writing(self.engine) as connection:
            deliveries.release(connection, left, token=self.token)
            # Not tried, so not counted as a try.
            deliveries.release(connection, postponed, token=self.token, due_ms=later_ms)

    def _deliver(self, row: Row[Any]) -> None:
        try:
            channel = self._channel(row)
            rendered = _stored(row) or _rendered(row, channel)
        except Skip as skip:
            self._close(row, SKIPPED, reason=reasons.reason(skip.code, skip.message), texts=_unsent(row))
            return
        except DeliveryError as error:
            self._fail(row, error, attempts=row.attempts)
            return
        if self._start(row, rendered):
            crash.point("after_start_before_send")
            self._send(row, channel, rendered)

    def _channel(self, row: Row[Any]) -> Channel:
        try:
            return self.channels[row.channel]
        except KeyError:
            raise DeliveryError(row.channel, permanent=True, code=reasons.UNKNOWN_CHANNEL) from None

    def _start(self, row: Row[Any], rendered: Rendered) -> bool:
        now_ms = self.clock.now_ms()
        until_ms = now_ms + SENDING_LEASE_MS
        with writing(self.engine) as connection:
            held = deliveries.start(
                connection, row.id, token=self.token, now_ms=now_ms, lease_until_ms=until_ms, rendered=rendered
            )
        return held or self._lost(row)

    def _send(self, row: Row[Any], channel: Channel, rendered: Rendered) -> None:
        try:
            delivered = channel.deliver(Message(row.id, self.clock.now_ms(), rendered))
        except DeliveryError as error:
            if error.code == reasons.UNREACHABLE:
                self._unreachable.add(row.channel)
            self._fail(row, error, attempts=row.attempts + 1)
            return
        crash.point("after_send_before_record")
        self._close(row, delivered.state, reason=delivered.reason)

    def _fail(self, row: Row[Any], error: DeliveryError, *, attempts: int) -> None:
        may_repeat = repeats_after_crash(row.document or {})
        verdict = retries.judge(error, attempts=attempts, may_repeat=may_repeat, random=self.random)
        if verdict.wait_ms is None:
            self._close(row, FAILED, reason=verdict.reason)
            return
        due_ms = self.clock.now_ms() + verdict.wait_ms
        put_off = partial(
            deliveries.put_off, delivery_id=row.id, token=self.token, due_ms=due_ms, reason=verdict.reason
        )
        if self._record(put_off) or self._lost(row):
            self.put_off.append(row.id)
            self._tell(row, "put off", reason=verdict.reason)

    def _close(self, row: Row[Any], state: str, *, reason: str | None, texts: templates.Texts | None = None) -> None:
        said = None if texts is None else asdict(texts)
        now_ms = self.clock.now_ms()
        close = partial(deliveries.close, delivery_id=row.id, token=self.token, now_ms=now_ms, state=state)
        if self._record(partial(close, reason=reason, texts=said)) or self._lost(row):
            self.closed.append(row.id)
            self.count("deliveries_total", state=state)
            self._tell(row, state, reason=reason)

    def _record(self, write: Callable[[Connection], bool]) -> bool:
        return insist(self.engine, write, until_s=time.monotonic() + SENDING_LEASE_MS / 1000, stop=self.stop)

    def _lost(self, row: Row[Any]) -> bool:
        log.warning("delivery lost: its lease ended, so somebody else decides", delivery=row.id)
        return False

    def _tell(self, row: Row[Any], state: str, *, reason: str | None) -> None:
        # Ids and codes only: neither addresses nor texts belong in logs.
        log.info(
            f"delivery {state}",
            delivery=row.id,
            workspace=row.workspace_id,
            user=row.user_id,
            campaign=row.campaign,
            template=row.template,
            tries=row.attempts,
            reason=reasons.code_of(reason),
        )


def _stored(row: Row[Any]) -> Rendered | None:
    """What an earlier try sent: a repeat must be the same mail."""
    if row.to is None:
        return None
    return Rendered(row.to, row.subject, row.html, row.text)


def _rendered(row: Row[Any], channel: Channel) -> Rendered:
    if row.document is None:
        raise DeliveryError(row.template, permanent=True, code=reasons.UNKNOWN_TEMPLATE)
    to = channel.address(row.properties)
    texts = _texts(row)
    return Rendered(to, texts.subject, texts.html, texts.text)


def _texts(row: Row[Any]) -> templates.Texts:
    return templates.render(templates.TemplateText.of(row.document), scope_of(row))


def _unsent(row: Row[Any]) -> templates.Texts | None:
    """What a skipped mail would have said, to be read where somebody asks why it did not come."""
    try:
        return _texts(row)
    except DeliveryError as error:
        log.warning("skipped delivery does not render either", delivery=row.id, reason=error.code)
        return None
