"""The server's door: what `POST /api/v1/events` does with its body."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from redis import Redis

from cueline import crash, events
from cueline.clock import Clock
from cueline.config import Settings
from cueline.errors import HttpError, RateLimited, Unavailable
from cueline.intake import elements, reading
from cueline.intake.event import Accepted, Rejected, Wire, check_server_event
from cueline.intake.limits import MAX_EVENT_BYTES, MAX_RAW_EVENT_BYTES, MAX_SERVER_BYTES, MAX_SERVER_EVENTS
from cueline.intake.rates import key_limit
from cueline.intake.refusals import to_http
from cueline.store.keys import Access
from cueline.streams import keys
from cueline.streams.append import append
from cueline.streams.entry import StreamEntry, encode
from cueline.streams.room import Room
from cueline.streams.stats import Stats

PER_SCRIPT: Final = 500
MAX_NAMED: Final = 20

# An array as a struct of that many fields: msgspec stops at the first event too many, however long the body is.
_Batch: Final = msgspec.defstruct(
    "_Batch",
    [(f"e{i}", msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for i in range(MAX_SERVER_EVENTS)],
    array_like=True,
    forbid_unknown_fields=True,
)
_decode_batch: Final = msgspec.json.Decoder(_Batch).decode
_decode_raw: Final = msgspec.json.Decoder(msgspec.Raw).decode
_WHITE: Final = b" \t\r\n"


class Sorted(msgspec.Struct):
    """A request's events: to append, repeated within the request, refused by eid or `#<index>`."""

    accepted: list[Accepted]
    duplicates: int
    errors: dict[str, list[dict[str, Any]]]
    ignored: set[str]


def submit(
    access: Access,
    body: bytes,
    *,
    redis: Redis,
    settings: Settings,
    clock: Clock,
    stats: Stats,
    room: Room | None = None,
) -> dict[str, Any]:
    """Take one event or an array of up to 1,000: `{"accepted", "duplicates", "errors", "ignored"?}`.

    HttpError: 400 for a body that is no JSON or holds too many events, 413 for one too large, 429, and 503 with
    Retry-After. After a failure midway some events are in; repeating the request is harmless, their eids are known.
    """
    if len(body) > MAX_SERVER_BYTES:
        raise HttpError(413, "too_large", f"The body is over {MAX_SERVER_BYTES} bytes. Send it in parts.")
    received_ms = clock.now_ms()
    found = _sort(split(body), received_ms)
    try:
        if room is not None:
            room.check()
        _append_all(access, found.accepted, received_ms, redis=redis, settings=settings)
    except (RateLimited, Unavailable) as error:
        _count_refusal(error, stats)
        raise to_http(error) from error
    crash.point("after_append_before_answer")
    _count(found, stats)
    return _answer(found)


def split(body: bytes) -> Sequence[Wire]:
    """The events of a body: raw JSON each, or values where one of them spoils the reading of all."""
    if body.lstrip(_WHITE)[:1] != b"[":
        return [_only_one(body)]
    try:
        batch = _decode_batch(body)
    except msgspec.ValidationError as error:
        raise _too_many() from error
    except reading.FAILURES:
        return _split_slowly(body)
    return [event for event in msgspec.structs.astuple(batch) if event is not msgspec.UNSET]


def _only_one(body: bytes) -> Wire:
    try:
        found: Wire = _decode_raw(body)
        is_object = bytes(found).lstrip(_WHITE)[:1] == b"{"
    except reading.FAILURES:
        found = _load(body)
        is_object = isinstance(found, dict)
    if not is_object:
        raise HttpError(400, "malformed_json", "The body must be an event, or a list of events.")
    return found


def _split_slowly(body: bytes) -> Sequence[Wire]:
    found: list[bytes] = []
    try:
        for event in elements.of_list(body):
            if len(found) == MAX_SERVER_EVENTS:
                raise _too_many()
            reading.check(event)
            found.append(event)
    except reading.NotJson as error:
        raise HttpError(400, error.code, error.message) from error
    return found


def _load(body: bytes) -> Any:
    if len(body) > MAX_RAW_EVENT_BYTES:
        message = f"The body is no JSON that can be read in one go, and over {MAX_RAW_EVENT_BYTES // 2**20} MiB."
        raise HttpError(400, reading.NotJson.code, message)
    try:
        return reading.loads(body)
    except reading.NotJson as error:
        raise HttpError(400, error.code, error.message) from error


def _too_many() -> HttpError:
    return HttpError(400, "too_many_events", f"More than {MAX_SERVER_EVENTS} events in one request. Send fewer.")


def _sort(wire: Sequence[Wire], received_ms: int) -> Sorted:
    found = Sorted([], 0, {}, set())
    seen: set[str] = set()
    for i, event in enumerate(wire):
        verdict = _check(event, received_ms)
        if isinstance(verdict, Rejected):
            _name(found, i, verdict)
        elif verdict.eid in seen:
            found.duplicates += 1
        else:
            seen.add(verdict.eid)
            found.accepted.append(verdict)
            found.ignored.update(verdict.ignored)
    return found


def _check(event: Wire, received_ms: int) -> Accepted | Rejected:
    if isinstance(event, msgspec.Raw | bytes) and len(bytes(event)) > MAX_RAW_EVENT_BYTES:
        message = f"The event is over {MAX_RAW_EVENT_BYTES // 2**20} MiB. Send a link to what is that large."
        return Rejected(None, "event_too_large", message)
    verdict = check_server_event(event, received_ms=received_ms)
    if isinstance(verdict, Accepted) and len(bytes(verdict.json())) > MAX_EVENT_BYTES:
        message = f"The payload is over {MAX_EVENT_BYTES // 1024} KiB. Send a link to what is that large."
        return Rejected(verdict.eid, "event_too_large", message, "payload")
    return verdict


def _name(found: Sorted, index: int, verdict: Rejected) -> None:
    eid = f"#{index}" if verdict.eid is None else verdict.eid
    error = {"code": verdict.code, "message": verdict.message, "field": verdict.field}
    found.errors.setdefault(eid, []).append(error)


def _append_all(
    access: Access, accepted: Sequence[Accepted], received_ms: int, *, redis: Redis, settings: Settings
) -> None:
    by_partition: dict[int, list[bytes]] = {}
    for event in accepted:
        who = str(event.user_ext_id)
        partition = keys.partition_of(access.workspace_id, who, settings.partitions)
        by_partition.setdefault(partition, []).append(_entry(access, event, received_ms))
    for partition, entries in by_partition.items():
        for chunk in _chunks(entries):
            limits = [key_limit(access, settings, cost=len(chunk))]
            append(redis, partition, chunk, limits=limits, max_len=settings.stream_max)


def _entry(access: Access, event: Accepted, received_ms: int) -> bytes:
    return encode(
        StreamEntry(
            workspace_id=access.workspace_id,
            sender=events.SERVER_SENDER,
            eid=event.eid,
            type=event.type,
            payload=event.json(),
            source=events.SERVER,
            at_ms=event.at_ms,
            received_ms=received_ms,
            user_ext_id=event.user_ext_id,
            verified=True,
        )
    )


def _chunks(entries: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (entries[i : i + PER_SCRIPT] for i in range(0, len(entries), PER_SCRIPT))


def _count_refusal(error: RateLimited | Unavailable, stats: Stats) -> None:
    stats.count("requests_refused_total", door="rest", code=error.code)
    if isinstance(error, RateLimited):
        stats.count("rate_limited_total", door="rest", kind=error.kind)


def _count(found: Sorted, stats: Stats) -> None:
    if found.accepted:
        stats.count("events_accepted_total", len(found.accepted), door="rest")
    for errors in found.errors.values():
        for error in errors:
            stats.count("events_rejected_total", door="rest", code=error["code"])


def _answer(found: Sorted) -> dict[str, Any]:
    answer = {"accepted": len(found.accepted), "duplicates": found.duplicates, "errors": found.errors}
    if found.ignored:
        answer["ignored"] = sorted(found.ignored)[:MAX_NAMED]
    return answer
