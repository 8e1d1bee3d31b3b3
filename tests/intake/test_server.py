"""The server's door without its view: what `submit` does with a body."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from cueline.clock import FrozenClock, to_iso
from cueline.config import Settings
from cueline.errors import HttpError
from cueline.intake.limits import MAX_SERVER_BYTES
from cueline.intake.server import submit
from cueline.store.keys import Access
from cueline.streams import keys
from cueline.streams.entry import StreamEntry, decode
from cueline.streams.stats import Stats

CLOCK = FrozenClock()
NOW = CLOCK.now_ms()
ACCESS = Access("a1b2", "secret", 7, ("*",), ("*",), "enforce", "secret", None, 1_800_000)
SETTINGS = dataclasses.replace(Settings(), partitions=4)
Answer = dict[str, Any]


def send(redis: Redis, body: Any, *, settings: Settings = SETTINGS, access: Access = ACCESS) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return submit(access, data, redis=redis, settings=settings, clock=CLOCK, stats=Stats(redis))


def refused(redis: Redis, body: Any, **options: Any) -> HttpError:
    with pytest.raises(HttpError) as error:
        send(redis, body, **options)
    return error.value


def an_event(eid: str = "e1", **fields: Any) -> dict[str, Any]:
    return {"eid": eid, "user_ext_id": "42", "event_type": "order_paid", "payload": {"amount": 5}} | fields


def entries(redis: Redis, partition: int) -> list[StreamEntry]:
    return [decode(fields[b"e"]) for _, fields in redis.xrange(keys.stream(partition))]


def all_entries(redis: Redis) -> list[StreamEntry]:
    return [entry for partition in range(4) for entry in entries(redis, partition)]


def test_an_event_lies_in_its_users_partition(redis: Redis) -> None:
    assert send(redis, an_event()) == {"accepted": 1, "duplicates": 0, "errors": {}}
    (entry,) = entries(redis, keys.partition_of(7, "42", 4))
    assert (entry.workspace_id, entry.sender, entry.eid, entry.source) == (7, "s", "e1", "server")
    assert (entry.user_ext_id, entry.visitor_id, entry.verified, entry.hops) == ("42", None, True, 0)
    assert (entry.type, bytes(entry.payload), entry.at_ms, entry.received_ms) == (
        "order_paid",
        b'{"amount":5}',
        NOW,
        NOW,
    )


def test_a_deep_link_that_a_server_sends_is_the_servers(redis: Redis) -> None:
    send(redis, an_event(event_type="deep_link", payload={"link": "dp:inbox"}))
    assert [entry.source for entry in all_entries(redis)] == ["server"]


def test_a_users_events_keep_their_order(redis: Redis) -> None:
    events = [an_event(f"e{i}", user_ext_id=str(i % 7)) for i in range(1_000)]
    assert send(redis, events)["accepted"] == 1_000
    for user in range(7):
        eids = [entry.eid for entry in all_entries(redis) if entry.user_ext_id == str(user)]
        assert eids == [f"e{i}" for i in range(1_000) if i % 7 == user]


def test_good_events_beside_bad_ones_are_taken(redis: Redis) -> None:
    events = [an_event("good"), an_event("bad", payload=5), {"event_type": "x"}, "nonsense", an_event("too")]
    answer = send(redis, events)
    assert answer["accepted"] == 2
    codes = {eid: [error["code"] for error in errors] for eid, errors in answer["errors"].items()}
    assert codes == {"bad": ["bad_payload"], "#2": ["missing_field"], "#3": ["not_an_object"]}
    assert answer["errors"]["bad"][0]["field"] == "payload"
    assert sorted(entry.eid for entry in all_entries(redis)) == ["good", "too"]


def test_a_repeated_eid_is_counted_and_the_first_one_wins(redis: Redis) -> None:
    events = [an_event(payload={"n": 0}), an_event(payload={"n": 1}), an_event(payload={"n": 2})]
    assert send(redis, events) == {"accepted": 1, "duplicates": 2, "errors": {}}
    assert [bytes(entry.payload) for entry in all_entries(redis)] == [b'{"n":0}']


def test_a_refused_event_does_not_use_up_its_eid(redis: Redis) -> None:
    answer = send(redis, [an_event(payload=5), an_event(), an_event(payload=[])])
    assert (answer["accepted"], answer["duplicates"]) == (1, 0)
    assert [error["code"] for error in answer["errors"]["e1"]] == ["bad_payload", "bad_payload"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"user_ext_id": 42}, "bad_user"),
        ({"user_ext_id": ""}, "bad_user"),
        ({"user_ext_id": None}, "bad_user"),
        ({"event_type": "email_sent"}, "reserved_type"),
        ({"event_type": "client_action"}, "bad_action"),
        ({"event_date": NOW - 31 * 86_400_000}, "too_old"),
        ({"event_date": NOW + 6 * 60_000}, "in_future"),
        ({"event_date": "yesterday"}, "bad_time"),
        ({"event_date": "1969-12-31T23:59:59Z"}, "bad_time"),
        ({"event_date": "0001-01-01T00:00:00+14:00"}, "bad_time"),
        ({"event_date": None}, "bad_time"),
        ({"event_date": -5}, "bad_time"),
        ({"event_date": str(NOW)}, "bad_time"),
        ({"payload": {"a": "x" * 300_000}}, "event_too_large"),
    ],
)
def test_a_bad_field_is_named(redis: Redis, fields: Answer, code: str) -> None:
    answer = send(redis, [an_event(**fields)])
    assert (answer["accepted"], [error["code"] for error in answer["errors"]["e1"]]) == (0, [code])
    assert redis.keys() == []


def test_a_user_is_required(redis: Redis) -> None:
    event = an_event()
    del event["user_ext_id"]
    assert send(redis, event)["errors"]["e1"][0]["field"] == "user_ext_id"


@pytest.mark.parametrize("zone", ["Z", "+00:00", ""])
def test_a_date_is_a_number_or_iso_8601(redis: Redis, zone: str) -> None:
    at = datetime.fromtimestamp(NOW / 1000, UTC) - timedelta(hours=1)
    text = at.replace(tzinfo=None).isoformat(timespec="milliseconds") + zone
    send(redis, [an_event("text", event_date=text), an_event("number", event_date=NOW - 3_600_000)])
    assert [entry.at_ms for entry in all_entries(redis)] == [NOW - 3_600_000] * 2


def test_an_offset_counts(redis: Redis) -> None:
    local = str(to_iso(NOW)).replace("Z", "+02:00")
    send(redis, an_event(event_date=local))
    assert all_entries(redis)[0].at_ms == NOW - 2 * 3_600_000


def test_unknown_fields_are_named(redis: Redis) -> None:
    answer = send(redis, [an_event("a", colour=1), an_event("b", shape=1, colour=2)])
    assert (answer["accepted"], answer["ignored"]) == (2, ["colour", "shape"])


def test_an_empty_list_is_nothing(redis: Redis) -> None:
    assert send(redis, b" [ ] ") == {"accepted": 0, "duplicates": 0, "errors": {}}


@pytest.mark.parametrize("body", [b"", b"nonsense", b"5", b"null", b'"x"', b"[1", b"{", b'[{"eid":]', b"\xff", b"[1]x"])
def test_what_is_neither_an_event_nor_a_list_is_400(redis: Redis, body: bytes) -> None:
    error = refused(redis, body)
    assert (error.status, error.code) == (400, "malformed_json")


@pytest.mark.parametrize("spoilt", [b'{"eid":"bad","payload":{"a":"\\ud83d"}}', b"[" * 9_999 + b"]" * 9_999])
def test_one_event_that_spoils_the_reading_leaves_the_others(redis: Redis, spoilt: bytes) -> None:
    good = json.dumps(an_event("good")).encode()
    answer = send(redis, b"[%s,%s,%s]" % (good, spoilt, good.replace(b"good", b"late")))
    assert (answer["accepted"], len(answer["errors"])) == (2, 1)


def test_more_than_1000_events_are_too_many(redis: Redis) -> None:
    assert refused(redis, [an_event(str(i)) for i in range(1_001)]).code == "too_many_events"
    assert refused(redis, [*([5] * 1_000), {"a": "\ud83d"}]).code == "too_many_events"
    assert redis.keys() == []


def test_more_than_10_mb_is_too_large(redis: Redis) -> None:
    error = refused(redis, b" " * (MAX_SERVER_BYTES + 1))
    assert (error.status, error.code) == (413, "too_large")


def test_a_key_over_its_rate_is_429(redis: Redis) -> None:
    access = Access("a1b2", "secret", 7, ("*",), ("*",), "off", "s", {"key": 1}, 0)
    settings = dataclasses.replace(SETTINGS, partitions=1)
    send(redis, [an_event(str(i)) for i in range(10)], access=access, settings=settings)
    error = refused(redis, an_event("late"), access=access, settings=settings)
    assert (error.status, error.code) == (429, "rate_limited")
    assert error.retry_after_s is not None


def test_without_redis_it_is_503_with_retry_after() -> None:
    error = refused(Redis.from_url("unix:///nowhere/redis.sock"), an_event())
    assert (error.status, error.code, error.retry_after_s) == (503, "unavailable", 5)


def test_a_full_partition_is_503_and_a_repeat_later_gets_all_in(redis: Redis) -> None:
    events = [an_event(f"e{i}", user_ext_id=str(i)) for i in range(8)]
    redis.set(keys.stream(keys.partition_of(7, "7", 4)), "in the way")
    assert refused(redis, events).status == 503
    redis.delete(keys.stream(keys.partition_of(7, "7", 4)))
    assert send(redis, events)["accepted"] == 8
    assert {entry.eid for entry in all_entries(redis)} == {f"e{i}" for i in range(8)}


def test_what_was_taken_and_refused_is_counted(redis: Redis) -> None:
    stats = Stats(redis)
    body = json.dumps([an_event("a"), an_event("b"), an_event("c", payload=5)]).encode()
    submit(ACCESS, body, redis=redis, settings=SETTINGS, clock=CLOCK, stats=stats)
    stats.flush()
    counted = {field.decode(): int(n) for field, n in redis.hgetall(keys.STATS).items()}
    assert counted == {
        'events_accepted_total{door="rest"}': 2,
        'events_rejected_total{code="bad_payload",door="rest"}': 1,
    }
