"""One request of the collector: key, origin, user, events, append."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from cueline import crash, events
from cueline.clock import Clock
from cueline.collector import envelope as envelopes
from cueline.collector.envelope import Envelope
from cueline.config import Settings
from cueline.errors import HttpError
from cueline.intake import rates
from cueline.intake.access import AccessBook
from cueline.intake.event import Accepted, Rejected, check_browser_event, check_plain_event
from cueline.intake.identity import OFF, Identity, identify
from cueline.intake.values import shown
from cueline.store.keys import WRITE, Access
from cueline.streams import keys
from cueline.streams.append import append
from cueline.streams.caller import Caller
from cueline.streams.entry import encode_all
from cueline.streams.room import Room
from cueline.streams.stats import Counter, Stats

MAX_NAMED: Final = 20
_ACCEPTED: Final[Counter] = ("events_accepted_total", (("door", "collect"),))


class Sorted(msgspec.Struct):
    """A request's events: to append, and refused with their place in it."""

    accepted: list[Accepted]
    rejected: list[tuple[int, Rejected]]


@dataclass(frozen=True, slots=True)
class Collector:
    """What a request needs; one for the life of a process."""

    book: AccessBook
    redis: Caller
    settings: Settings
    clock: Clock
    stats: Stats
    room: Room | None = None

    def take(self, body: bytes, *, origin: str | None, address: str | None) -> dict[str, Any]:
        """The answer of a 202. Raises HttpError, RateLimited or Unavailable."""
        envelope = envelopes.read(body)
        access = self._access(envelope.key, origin)
        received_ms = self.clock.now_ms()
        identity = self._identify(envelope, access, received_ms)
        found = _sort(envelope, identity, received_ms)
        if found.accepted:
            self._append(envelope, access, identity, found.accepted, received_ms=received_ms, address=address)
            crash.point("after_append_before_answer")
        self._count(found)
        return _answer(envelope, identity, found)

    def _access(self, key: str, origin: str | None) -> Access:
        access = self.book.find(key)
        if access.kind != WRITE:
            raise HttpError(
                403, "secret_key", "This is a secret key: it belongs on a server. Revoke it and use a write key (wk_…)."
            )
        if origin is not None and "*" not in access.origins and origin not in access.origins:
            raise HttpError(403, "origin_not_allowed", f"{shown(origin)} is not among the workspace's origins.")
        return access

    def _identify(self, envelope: Envelope, access: Access, now_ms: int) -> Identity:
        identity = identify(
            envelope.user_id,
            envelope.user_hash,
            mode=access.identity_mode,
            secret=access.identity_secret,
            now_ms=now_ms,
        )
        if access.identity_mode != OFF and identity.verdict not in (None, "good"):
            self.stats.count("users_unverified_total", mode=access.identity_mode, verdict=str(identity.verdict))
        return identity

    def _append(
        self,
        envelope: Envelope,
        access: Access,
        identity: Identity,
        accepted: list[Accepted],
        *,
        received_ms: int,
        address: str | None,
    ) -> None:
        if self.room is not None:
            self.room.check()
        append(
            self.redis,
            keys.partition_of(access.workspace_id, envelope.visitor_id, self.settings.partitions),
            _entries(envelope, access, identity, accepted, received_ms),
            limits=rates.browser_limits(
                access, self.settings, address=address, visitor_id=envelope.visitor_id, cost=len(accepted)
            ),
            max_len=self.settings.stream_max,
        )

    def _count(self, found: Sorted) -> None:
        if found.accepted:
            self.stats.add(_ACCEPTED, len(found.accepted))
        for _, rejected in found.rejected:
            self.stats.count("events_rejected_total", door="collect", code=rejected.code)


def _sort(envelope: Envelope, identity: Identity, received_ms: int) -> Sorted:
    check = check_plain_event if envelope.is_plain else check_browser_event
    found = Sorted([], [])
    for index, event in enumerate(envelope.events):
        verdict = check(event, received_ms=received_ms, sent_at_ms=envelope.sent_at_ms)
        if isinstance(verdict, Accepted) and verdict.type == events.LOGIN:
            verdict = _may_log_in(identity, verdict)
        if isinstance(verdict, Accepted):
            found.accepted.append(verdict)
        else:
            found.rejected.append((index, verdict))
    return found


def _may_log_in(identity: Identity, login: Accepted) -> Accepted | Rejected:
    """A login is only taken with a user to log in."""
    if identity.user_ext_id is not None:
        return login
    if identity.verdict is None:
        return Rejected(login.eid, "missing_user", "A login needs `user` in the envelope.", "user")
    message = f"The workspace demands verified users, and the user's hash is {identity.verdict}."
    return Rejected(login.eid, "user_not_verified", message, "user.hash")


def _entries(
    envelope: Envelope, access: Access, identity: Identity, accepted: Iterable[Accepted], received_ms: int
) -> list[bytes]:
    own = [(event.eid, event.type, event.payload, _source(event.type), event.at_ms) for event in accepted]
    rest = (received_ms, envelope.visitor_id, identity.user_ext_id, identity.verified, 0, envelope.context)
    return encode_all(access.workspace_id, events.browser_sender(envelope.visitor_id), own, rest=rest)


def _source(type_: str) -> str:
    return events.LINK if type_ == events.DEEP_LINK else events.BROWSER


def _answer(envelope: Envelope, identity: Identity, found: Sorted) -> dict[str, Any]:
    rejected = [_named(index, verdict) for index, verdict in found.rejected]
    answer: dict[str, Any] = {"accepted": len(found.accepted), "rejected": rejected}
    if envelope.is_plain and not identity.is_ignored:
        return answer
    ignored = {shown(name) for name in envelope.ignored}
    if not envelope.is_plain:
        ignored.update(f"events.{name}" for verdict in found.accepted for name in verdict.ignored)
    if identity.is_ignored:
        ignored.add("user")
    if ignored:
        answer["ignored"] = sorted(ignored)[:MAX_NAMED]
    return answer


def _named(index: int, verdict: Rejected) -> dict[str, Any]:
    named: dict[str, Any] = {"eid": verdict.eid, "code": verdict.code, "message": verdict.message}
    if verdict.eid is None:
        named["index"] = index
    return named
