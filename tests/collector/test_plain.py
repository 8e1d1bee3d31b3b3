"""An envelope without a fault is read in one go; what comes of it is what the closer reading would have made of it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cueline.clock import FrozenClock
from cueline.collector import envelope
from cueline.streams.entry import StreamEntry, decode, encode, encode_all
from tests.collector.wsgi import Page

FIXTURES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
MANY = {"rate_visitor": 10**9, "rate_address": 10**9, "rate_key": 10**9, "stream_max": 10**9}
NOW_MS = FrozenClock().now_ms()
MONTH_MS = 30 * 24 * 3600 * 1000

ids = st.sampled_from(["e1", "e2", "", "x" * 128, "x" * 129, "😀" * 128, "😀" * 129, "a\0", "\ud800", "a\nb", 7, None])
types = st.sampled_from(
    ["client_action", "deep_link", "login", "tags", "page", "mission_completed", "a\nb", "update_profile"]
)
times = st.sampled_from(
    [
        NOW_MS,
        NOW_MS - 1.5,
        NOW_MS - MONTH_MS,
        NOW_MS - MONTH_MS - 1,
        NOW_MS + 300_000,
        NOW_MS + 300_001,
        -1,
        0,
        True,
        None,
    ]
) | st.floats(0, 1e300)
leaves = st.sampled_from(
    [1, 1.5, 2**64 - 1, 2**64, -(2**63) - 1, 10**18, True, None, "text", "\0", "\ud83d", "1" * 19, "{["]
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
)
payloads = st.dictionaries(
    st.sampled_from(["client_action", "action", "link", "op", "values", "properties"]) | st.text(max_size=3),
    st.sampled_from(["add", "clear", "buy", " buy", "a" * 101, "dp:go", ["x"], {"name": "Ada"}]) | values,
    max_size=5,
)
events = st.fixed_dictionaries(
    {"eid": ids, "type": types}, optional={"at": times, "payload": payloads | leaves, "x": st.just(1)}
)
around = st.fixed_dictionaries(
    {},
    optional={
        "visitor_id": ids,
        "sent_at": times,
        "user": st.fixed_dictionaries({}, optional={"id": ids, "hash": st.sampled_from(["", "1.a", None, 5]), "x": ids})
        | leaves,
        "context": st.dictionaries(st.sampled_from(["url", "title", "sdk", "x"]), leaves | st.just("u" * 2_001))
        | leaves,
    },
)


@pytest.fixture
def page(open_page: Any) -> Page:
    made: Page = open_page(**MANY)
    return made


def taken(page: Page, body: dict[str, Any]) -> tuple[int, Any, list[StreamEntry]]:
    page.redis.flushdb()
    answer = page.send(json.dumps(body).encode())
    said = answer.json
    said["ignored"] = sorted({*said.get("ignored", []), "closer"})
    return answer.status, said, page.entries()


@FIXTURES
@given(sent=st.lists(events, max_size=4), fields=around)
@example(sent=[{"eid": "e1", "type": "page", "payload": {str(i): 1 for i in range(201)}}], fields={})
@example(sent=[{"eid": "e1", "type": "page", "payload": {"a": json.loads("[" * 17 + "]" * 17)}}], fields={})
@example(sent=[{"eid": "e1", "type": "page"}] * 101, fields={})
def test_both_readings_answer_alike_and_write_alike(page: Page, sent: list[Any], fields: dict[str, Any]) -> None:
    body = page.envelope() | {"events": sent} | fields
    # A field that nobody knows is what the quick reading leaves to the closer one.
    assert taken(page, body) == taken(page, body | {"closer": 1})


def test_what_a_page_sends_is_read_in_one_go(page: Page) -> None:
    context = {"url": "https://shop.example/", "title": "Cart", "language": "en", "sdk": "1.0.0"}
    nested = page.event("e2", payload={"client_action": "buy", "items": [{"sku": "a", "n": 2}]})
    body = page.envelope(page.event(), nested, user={"id": "42", "hash": "1.a"}, context=context)
    assert envelope.read(json.dumps(body).encode()).is_plain
    assert not envelope.read(json.dumps(body | {"closer": 1}).encode()).is_plain


def test_entries_written_together_are_the_same_as_one_by_one() -> None:
    context = {"url": "a\nb"}
    own = [("e1", "page", {"a": "x\ny", "ü": [1.5, None]}, "browser", 3), ("e2", "deep_link", {}, "link", 4)]
    alone = [
        StreamEntry(
            7,
            "b:v",
            eid,
            type_,
            msgspec.Raw(msgspec.json.encode(payload)),
            source,
            at_ms,
            5,
            "v",
            'ü"',
            True,
            0,
            context,
        )
        for eid, type_, payload, source, at_ms in own
    ]
    rest = (5, "v", 'ü"', True, 0, context)
    wanted = [decode(encode(entry)) for entry in alone]
    assert [decode(entry) for entry in encode_all(7, "b:v", own, rest=rest)] == wanted
    assert [decode(encode_all(7, "b:v", [one], rest=rest)[0]) for one in own] == wanted
