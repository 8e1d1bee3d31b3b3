"""Each limit of an event at the collector: what passes, what is refused, and under which code."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from cueline.intake.event import Accepted, Rejected, check_browser_event
from cueline.intake.reading import loads

NOW = 1_763_890_000_000
DAY = 24 * 3600 * 1000
MINUTE = 60_000


def check(event: Any, *, sent_at_ms: int | None = NOW) -> Accepted | Rejected:
    raw = event if isinstance(event, bytes) else json.dumps(event).encode()
    return check_browser_event(msgspec.Raw(raw), received_ms=NOW, sent_at_ms=sent_at_ms)


def an_event(**fields: Any) -> dict[str, Any]:
    return {"eid": "e1", "type": "custom", "at": NOW, "payload": {}} | fields


def code_of(event: Any) -> str:
    verdict = check(event)
    assert isinstance(verdict, Rejected), verdict
    assert verdict.message
    return verdict.code


def payload_of(event: Any) -> Any:
    verdict = check(event)
    assert isinstance(verdict, Accepted), verdict
    return json.loads(bytes(verdict.payload))


def nested(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


def test_an_event_comes_out_as_it_went_in() -> None:
    verdict = check(an_event(payload={"amount": 12, "n": [1.5, None, True, "è"]}))
    assert isinstance(verdict, Accepted)
    assert (verdict.eid, verdict.type, verdict.at_ms, verdict.ignored) == ("e1", "custom", NOW, ())
    assert json.loads(bytes(verdict.payload)) == {"amount": 12, "n": [1.5, None, True, "è"]}


def test_time_and_payload_may_be_missing() -> None:
    verdict = check({"eid": "e", "type": "page"})
    assert isinstance(verdict, Accepted)
    assert (verdict.at_ms, bytes(verdict.payload)) == (NOW, b"{}")


@pytest.mark.parametrize("field", ["eid", "type"])
def test_a_missing_field_is_named(field: str) -> None:
    event = an_event()
    del event[field]
    verdict = check(event)
    assert isinstance(verdict, Rejected)
    assert (verdict.code, verdict.field) == ("missing_field", field)
    assert verdict.eid == event.get("eid")


@pytest.mark.parametrize("bad", ["", "x" * 129, 5, None, True, [], {}, "a\0b", "\ud83d"])
@pytest.mark.parametrize(("field", "code"), [("eid", "bad_eid"), ("type", "bad_type")])
def test_an_id_is_text_of_1_to_128_characters(field: str, code: str, bad: Any) -> None:
    assert code_of(an_event(**{field: bad})) == code


@pytest.mark.parametrize("good", ["x", "x" * 128, "😀" * 128, " "])
def test_the_longest_ids_pass(good: str) -> None:
    verdict = check(an_event(eid=good, type=good))
    assert isinstance(verdict, Accepted)
    assert (verdict.eid, verdict.type) == (good, good)


@pytest.mark.parametrize("type_", ["email_sent", "email_kept", "email_failed", "email_skipped", "mission_completed"])
def test_our_own_outcomes_cannot_be_sent(type_: str) -> None:
    assert code_of(an_event(type=type_)) == "reserved_type"


def test_a_type_has_no_control_characters() -> None:
    assert code_of(an_event(type="a\nb")) == "bad_type"


@pytest.mark.parametrize("bad", [None, [], "x", 1, True])
def test_a_payload_is_an_object(bad: Any) -> None:
    assert code_of(an_event(payload=bad)) == "bad_payload"


@pytest.mark.parametrize("event", [b"1", b"null", b"[]", b'"x"'])
def test_an_event_is_an_object(event: bytes) -> None:
    assert code_of(event) == "not_an_object"


def test_a_payload_is_at_most_16_deep() -> None:
    assert payload_of(an_event(payload=nested(16))) == nested(16)
    assert code_of(an_event(payload=nested(17))) == "too_deep"
    assert code_of(an_event(payload={"a": json.loads("[" * 16 + "]" * 16)})) == "too_deep"


def test_nesting_that_no_reader_follows_is_too_deep_too() -> None:
    event = b'{"eid":"deep","type":"t","payload":{"a":' + b"[" * 10_000 + b"]" * 10_000 + b'},"at":5}'
    verdict = check(event)
    assert isinstance(verdict, Rejected)
    assert (verdict.eid, verdict.code) == ("deep", "too_old")
    verdict = check(event.replace(b',"at":5', b""))
    assert isinstance(verdict, Rejected)
    assert verdict.code == "too_deep"


def test_a_payload_has_at_most_200_keys_in_all() -> None:
    wide = {f"k{i}": 0 for i in range(100)}
    assert payload_of(an_event(payload=wide | {"in": {f"k{i}": 0 for i in range(99)}}))
    assert code_of(an_event(payload=wide | {"in": {f"k{i}": 0 for i in range(100)}})) == "too_many_keys"


def test_a_text_full_of_brackets_and_colons_breaks_no_limit() -> None:
    assert payload_of(an_event(payload={"a": "[{" * 100 + ":" * 300})) == {"a": "[{" * 100 + ":" * 300}


@pytest.mark.parametrize("text", ["a\0b", "\ud83d", "\udc00x"])
def test_text_that_a_store_refuses_is_refused_here(text: str) -> None:
    assert code_of(an_event(payload={"a": {"b": [text]}})) == "bad_text"
    assert code_of(an_event(payload={"a": {text: 1}})) == "bad_text"


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    assert payload_of(b'{"eid":"e","type":"t","payload":{"a":"\\\\u0000"}}') == {"a": "\\u0000"}


def test_bytes_that_are_no_utf8_are_bad_text() -> None:
    assert code_of(b'{"eid":"e","type":"t","payload":{"a":"\xff"}}') == "bad_text"


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e400", str(2**64), str(-(2**63) - 1), "9" * 30, "9" * 6_000]
)
def test_numbers_beyond_64_bits_and_not_finite_ones_are_refused(number: str) -> None:
    verdict = check(b'{"eid":"e","type":"t","payload":{"a":[1,%s]}}' % number.encode())
    assert isinstance(verdict, Rejected)
    assert (verdict.code, verdict.field, verdict.eid) == ("bad_number", "payload.a[1]", "e")


@pytest.mark.parametrize("number", [2**64 - 1, -(2**63), 0, 1e300])
def test_numbers_of_64_bits_pass(number: float) -> None:
    assert payload_of(an_event(payload={"a": number})) == {"a": number}


def test_unknown_fields_are_ignored_and_named() -> None:
    verdict = check(an_event(zeta=1, alpha={"x": 2}))
    assert isinstance(verdict, Accepted)
    assert verdict.ignored == ("alpha", "zeta")


@pytest.mark.parametrize(
    ("at", "sent_at_ms", "expected"),
    [
        (NOW - 5_000, NOW, NOW - 5_000),
        (5_000, 6_000, NOW - 1_000),  # a page whose clock stands in 1970
        (NOW + 9 * DAY, NOW + 9 * DAY + 2_000, NOW - 2_000),  # … or in the future
        (NOW - 5_000, None, NOW - 5_000),
        (NOW + 4 * MINUTE, NOW, NOW),
        (NOW + 5 * MINUTE, NOW, NOW),
        (NOW - 30 * DAY, NOW, NOW - 30 * DAY),
        (NOW - 0.5, NOW, NOW - 1),
    ],
)
def test_the_time_is_corrected_by_the_pages_clock(at: float, sent_at_ms: int | None, expected: int) -> None:
    verdict = check(an_event(at=at), sent_at_ms=sent_at_ms)
    assert isinstance(verdict, Accepted)
    assert verdict.at_ms == expected
    assert type(verdict.at_ms) is int


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (NOW - 30 * DAY - 1, "too_old"),
        (NOW + 5 * MINUTE + 1, "in_future"),
        (-1, "bad_time"),
        ("5", "bad_time"),
        (None, "bad_time"),
        (True, "bad_time"),
        ([], "bad_time"),
        (1e300, "in_future"),
        (10**400, "bad_time"),
        (2**64, "bad_time"),
    ],
)
def test_a_time_that_cannot_be_is_refused(at: Any, code: str) -> None:
    assert code_of(an_event(at=at)) == code


@pytest.mark.parametrize("at", [b"NaN", b"1e400", b"9" * 6_000])
def test_a_time_that_is_no_number_is_refused(at: bytes) -> None:
    assert code_of(b'{"eid":"e","type":"t","at":%s}' % at) == "bad_time"


@pytest.mark.parametrize("event", [b'{"eid":"e","type":tru}', b'{"eid":"e"', b"", b"{'eid':1}", b'{"eid":"a\nb"}'])
def test_what_is_no_json_says_so(event: bytes) -> None:
    assert code_of(event) == "malformed_json"


def test_a_value_read_from_a_spoilt_envelope_is_judged_alike() -> None:
    for event in (an_event(), an_event(payload={"a": "\ud83d"}), an_event(payload=nested(17)), 5, None):
        value = loads(json.dumps(event).encode())
        of_value = check_browser_event(value, received_ms=NOW, sent_at_ms=NOW)
        of_bytes = check(event)
        assert type(of_value) is type(of_bytes)
        assert getattr(of_value, "code", None) == getattr(of_bytes, "code", None)
