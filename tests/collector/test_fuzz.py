"""Whatever arrives: never a 500, and never a good event lost beside a bad one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from redis import Redis

from cueline.clock import FrozenClock
from cueline.config import Settings
from cueline.errors import HttpError
from cueline.intake.limits import MAX_INTEGER, MIN_INTEGER
from cueline.intake.server import submit
from cueline.store.keys import Access
from cueline.streams.entry import decode
from cueline.streams.stats import Stats
from tests.collector.wsgi import Page

FIXTURES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
CLOCK = FrozenClock()
ACCESS = Access("a1", "secret", 1, ("*",), ("*",), "off", "s", None, 0)
MANY = {"rate_visitor": 10**9, "rate_address": 10**9, "rate_key": 10**9, "stream_max": 10**9}

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.sampled_from(["e1", "client_action", "login", "tags", "deep_link", "update_profile", CLOCK.now_ms()]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["client_action", "action", "link", "op", "values", "properties", "id", "hash", "\ud800"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
event_fields = st.sampled_from(["eid", "type", "at", "payload", "event_type", "event_date", "user_ext_id", "x"])
spoilt = st.one_of(
    st.builds(lambda value: json.dumps(value).encode(), st.dictionaries(event_fields, anything, max_size=6) | anything),
    st.sampled_from(
        [b'"\xff"', b'{"eid":"bad","payload":{"a":"\xed\xa0\x80"}}', b"[" * 3_000 + b"]" * 3_000, b"1e999"]
    ),
)


@pytest.fixture
def fuzzed(open_page: Any) -> Page:
    page: Page = open_page(**MANY)
    return page


@FIXTURES
@given(body=st.binary(max_size=200) | st.builds(lambda v: json.dumps(v).encode(), anything))
@example(body=b'{"key":' + b"[" * 50_000)
@example(body=b'\xef\xbb\xbf{"key":"wk_test"}')
def test_no_bytes_break_the_collector(fuzzed: Page, body: bytes) -> None:
    assert fuzzed.send(body or b" ").status in (400, 401)


@FIXTURES
@given(
    fields=st.dictionaries(
        st.sampled_from(["visitor_id", "sent_at", "user", "context", "events", "x", "\ud800"]), anything, max_size=4
    )
)
def test_no_envelope_breaks_the_collector(fuzzed: Page, fields: dict[str, Any]) -> None:
    answer = fuzzed.send(json.dumps(fuzzed.envelope() | fields).encode())
    assert answer.status in (202, 400)
    assert answer.json


@FIXTURES
@given(bad=spoilt)
@example(bad=b'{"eid":"e","type":"page","at":1e999}')
@example(bad=b'{"eid":"e","type":"tags","payload":{"op":"add","values":[[]]}}')
def test_good_events_beside_any_other_are_taken_by_the_collector(fuzzed: Page, bad: bytes) -> None:
    fuzzed.redis.flushdb()
    body = b'{"key":"wk_test","visitor_id":"v1","events":[{"eid":"a","type":"page"},%s,{"eid":"z","type":"page"}]}'
    answer = fuzzed.send(body % bad)
    assert answer.status == 202
    assert answer.json["accepted"] + len(answer.json["rejected"]) == 3
    eids = [entry.eid for entry in fuzzed.entries()]
    assert (eids[0], eids[-1], len(eids)) == ("a", "z", answer.json["accepted"])


@FIXTURES
@given(bad=spoilt)
def test_good_events_beside_any_other_are_taken_by_the_servers_door(redis: Redis, bad: bytes) -> None:
    good = b'{"eid":"%s","event_type":"page","user_ext_id":"42"}'
    chosen = Settings(**MANY)
    body = b"[%s,%s,%s]" % (good % b"a", bad, good % b"z")
    answer = submit(ACCESS, body, redis=redis, settings=chosen, clock=CLOCK, stats=Stats(redis))
    refused = sum(map(len, answer["errors"].values()))
    assert answer["accepted"] + answer["duplicates"] + refused == 3
    assert answer["accepted"] >= 2


@FIXTURES
@given(body=st.binary(max_size=200) | st.builds(lambda v: json.dumps(v).encode(), anything))
def test_no_bytes_break_the_servers_door(redis: Redis, body: bytes) -> None:
    try:
        answer = submit(ACCESS, body, redis=redis, settings=Settings(**MANY), clock=CLOCK, stats=Stats(redis))
    except HttpError as error:
        assert error.status == 400
    else:
        assert json.dumps(answer)


storable = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
numbers = st.integers(MIN_INTEGER, MAX_INTEGER) | st.floats(allow_nan=False, allow_infinity=False)
sane = st.recursive(
    st.none() | st.booleans() | numbers | st.text(storable),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(storable), inner, max_size=4),
    max_leaves=15,
)


@FIXTURES
@given(payload=st.dictionaries(st.text(storable), sane, max_size=5))
def test_a_sane_payload_arrives_as_it_was_sent(fuzzed: Page, payload: dict[str, Any]) -> None:
    fuzzed.redis.flushdb()
    assert fuzzed.send(fuzzed.envelope(fuzzed.event(type="custom", payload=payload))).json["accepted"] == 1
    (entry,) = fuzzed.entries()
    assert json.loads(bytes(entry.payload)) == payload
    assert decode(fuzzed.redis.xrange("cueline:{p0}:events")[0][1][b"e"]) == entry
