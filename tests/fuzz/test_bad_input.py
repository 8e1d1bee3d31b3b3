"""What bad input gets, at both doors of the whole app: a clear refusal, and nothing lost beside it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.fuzz.bodies import WRITE_KEY
from tests.fuzz.doors import Doors, Taken

GOOD = b'{"eid":"good","%s":"page","user_ext_id":"42"}'
DOORS = ("collect", "events")
DAYS_31 = 31 * 24 * 3600 * 1000


@pytest.fixture(scope="module")
def doors(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    Redis.from_url(redis_server).flushall()
    yield Doors(redis_server, tmp_path_factory.mktemp("doors"))


def body(door: str, *events: bytes) -> bytes:
    """A request with these events. `%s` in them is the door's name of the type, `%t` that of the time."""
    type_, time = (b"type", b"at") if door == "collect" else (b"event_type", b"event_date")
    listed = b",".join(event.replace(b"%s", type_).replace(b"%t", time) for event in events)
    if door == "events":
        return b"[" + listed + b"]"
    return b'{"key":"%s","visitor_id":"v1","events":[%s]}' % (WRITE_KEY.encode(), listed)


def codes(taken: Taken) -> list[str]:
    return sorted(taken.codes().elements())


def deep(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


BAD_EVENTS = {
    "a lone surrogate in the payload": (b'"%s":"x","payload":{"a":"\\ud800"}', "bad_text"),
    "a lone surrogate in a key": (b'"%s":"x","payload":{"\\ud800":1}', "bad_text"),
    "bytes that are no UTF-8": (b'"%s":"x","payload":{"a":"\xff"}', "bad_text"),
    "U+0000": (b'"%s":"x","payload":{"a":"\\u0000"}', "bad_text"),
    "NaN": (b'"%s":"x","payload":{"a":NaN}', "bad_number"),
    "Infinity": (b'"%s":"x","payload":{"a":-Infinity}', "bad_number"),
    "a number beyond 64 bits": (b'"%s":"x","payload":{"a":99999999999999999999}', "bad_number"),
    "10,000 deep": (b'"%s":"x","payload":{"a":' + deep(10_000) + b"}", "too_deep"),
    "201 keys": (b'"%s":"x","payload":' + json.dumps(dict.fromkeys(map(str, range(201)))).encode(), "too_many_keys"),
    "a control character in the type": (b'"%s":"x\\n"', "bad_type"),
    "a control character in the name": (b'"%s":"client_action","payload":{"client_action":"a\\u0007"}', "bad_action"),
    "a wrong type": (b'"%s":42', "bad_type"),
    "a payload that is a list": (b'"%s":"x","payload":[]', "bad_payload"),
    "one of our own outcomes": (b'"%s":"email_sent"', "reserved_type"),
    "a time long ago": (b'"%s":"x","%t":1000', "too_old"),
    "a time to come": (b'"%s":"x","%t":99999999999999', "in_future"),
    "a time of hundreds of digits": (b'"%s":"x","%t":' + b"9" * 400, "bad_time"),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("bad", BAD_EVENTS)
def test_a_bad_event_is_named_and_those_beside_it_are_taken(doors: Doors, door: str, bad: str) -> None:
    fields, code = BAD_EVENTS[bad]
    event = b'{"eid":"bad","user_ext_id":"42",%s}' % fields
    taken = getattr(doors, door)(body(door, GOOD, event, GOOD.replace(b"good", b"better")))
    assert (taken.status, codes(taken)) == (202, [code]), taken.answer
    assert [entry.eid for entry in taken.entries] == ["good", "better"]
    assert "bad" in json.dumps(taken.answer.get("rejected") or list(taken.answer["errors"]))


@pytest.mark.parametrize("depth", [10, 900, 970, 980, 990, 1_000])
@pytest.mark.parametrize("door", DOORS)
def test_a_time_that_is_nested_is_a_bad_time(doors: Doors, door: str, depth: int) -> None:
    """Around a thousand is what Python follows; what it read it may not be able to write into a message."""
    for levels in range(depth, depth + 10):
        event = b'{"eid":"bad","user_ext_id":"42","%s":"x","%t":' + deep(levels) + b"}"
        assert codes(getattr(doors, door)(body(door, event))) == ["bad_time"]


@pytest.mark.parametrize("door", DOORS)
def test_an_unknown_field_is_named_and_kept_out(doors: Doors, door: str) -> None:
    taken = getattr(doors, door)(body(door, b'{"eid":"e","%s":"x","user_ext_id":"42","colour":"red"}'))
    assert any("colour" in name for name in taken.answer["ignored"])
    assert b"colour" not in bytes(taken.entries[0].payload)


WHOLE: list[tuple[str, bytes, str]] = [
    ("collect", b'{"key":', "malformed_json"),
    ("collect", b"[]", "malformed_json"),
    ("collect", deep(10_000), "malformed_json"),
    ("collect", b"[" * 10_000, "malformed_json"),
    ("collect", body("collect", *[GOOD] * 101), "too_many_events"),
    ("events", b'{"eid":', "malformed_json"),
    ("events", b"[" * 10_000, "malformed_json"),
    ("events", b"42", "malformed_json"),
    ("events", b'[{"eid":"a"},]', "malformed_json"),
    ("events", b'[{"eid":"a"} {"eid":"b"}, 1e999]', "malformed_json"),
    ("events", b'["\\ud800", 1] []', "malformed_json"),
    ("events", body("events", *[GOOD] * 1_001), "too_many_events"),
    ("events", body("events", b'"\\ud800"', *[GOOD] * 1_000), "too_many_events"),
]


@pytest.mark.parametrize(
    ("door", "data", "code"), WHOLE, ids=[f"{door}-{code}-{i}" for i, (door, _, code) in enumerate(WHOLE)]
)
def test_a_body_that_is_no_request_is_400(doors: Doors, door: str, data: bytes, code: str) -> None:
    taken = getattr(doors, door)(data)
    assert (taken.status, taken.answer["code"]) == (400, code)


@pytest.mark.parametrize(("door", "most"), [("collect", 64 * 1024), ("events", 10 * 1024 * 1024)])
def test_one_byte_over_the_limit_is_413(doors: Doors, door: str, most: int) -> None:
    data = body(door, GOOD)
    assert getattr(doors, door)(data + b" " * (most - len(data))).status == 202
    assert getattr(doors, door)(data + b" " * (most - len(data) + 1)).status == 413


@pytest.mark.parametrize("door", DOORS)
def test_a_compressed_body_is_415_and_never_unpacked(doors: Doors, door: str) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    paths: dict[str, tuple[str, str]] = {
        "collect": ("/v1/collect", "text/plain"),
        "events": ("/api/v1/events", "application/json"),
    }
    taken = doors.send(*paths[door], bomb, HTTP_CONTENT_ENCODING="gzip")
    assert taken.status == 415
    assert "Content-Encoding" in taken.answer["message"]


def test_texts_without_an_end_are_found_in_one_go(doors: Doors) -> None:
    """Deep enough to be read a second time; looked for from each quote again, this body took a minute."""
    assert doors.collect(b"[" * 5_000 + b'"' + b'\\"' * 29_000).status == 400
    assert doors.events(b'["\\ud800",' + b"[" * 5_000 + b'"' + b'\\"' * 900_000).status == 400


def worst() -> list[tuple[str, bytes]]:
    """Bodies that took most memory: small values by the million, in JSON that breaks off or holds a cut emoji."""
    many = b"[" + b"{}," * 3_000_000
    return [
        ("events", many),
        ("events", b'[{"eid":"a","event_type":"x","user_ext_id":"1","payload":{"a":[' + b"[]," * 3_000_000),
        ("events", b'["\\ud800",[' + b"{}," * 3_000_000 + b"0]]"),
        ("events", b'{"payload":[' + b"{}," * 3_000_000 + b'"\\ud800"]}'),
        ("events", b'{"payload":[' + b"{}," * 3_000_000 + b"0]}"),
        ("collect", b'{"events":[' + b"{}," * 21_000),
    ]


def resident(what: str = "VmRSS") -> float:
    """MB of this process."""
    found = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what))
    return int(found.split()[1]) / 1024


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="no /proc to read memory from")
def test_the_worst_bodies_take_little_memory_and_leave_none(doors: Doors) -> None:
    bodies = worst()
    for door, data in bodies:
        getattr(doors, door)(data)
    before = resident()
    Path("/proc/self/clear_refs").write_text("5")
    for door, data in bodies:
        assert getattr(doors, door)(data).status in (202, 400)
    assert resident("VmHWM") - before < 150
    for _ in range(500):
        doors.collect(bodies[-1][1])
    assert resident() - before < 50
