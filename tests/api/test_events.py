from io import BytesIO

import msgspec
import pytest
from redis import Redis

from cueline.streams import keys
from tests.api.house import House
from tests.api.rows import NOW_MS


def entries(redis: Redis) -> list[list[object]]:
    found = [fields for n in range(4) for _, fields in redis.xrange(keys.stream(n))]
    return [msgspec.json.decode(fields[b"e"]) for fields in found]


def test_an_event_is_taken_and_lies_in_a_stream(house: House, redis: Redis) -> None:
    event = {"eid": "e1", "user_ext_id": "42", "event_type": "client_action", "payload": {"client_action": "A"}}
    answer = house.api.post("/api/v1/events", json=[event, event, {"eid": "bad"}])
    assert answer.status_code == 202
    assert answer.json["accepted"] == 1
    assert answer.json["duplicates"] == 1
    assert set(answer.json["errors"]) == {"bad"}
    [entry] = entries(redis)
    assert entry[0] == house.workspace_id


def test_the_fields_that_are_not_known_are_named(house: House) -> None:
    event = {"eid": "e1", "user_ext_id": "42", "event_type": "login", "payload": {}, "colour": 1}
    assert house.api.post("/api/v1/events", json=event).json["ignored"] == ["colour"]


def test_a_body_of_another_type_is_415(house: House) -> None:
    answer = house.api.post("/api/v1/events", data="[]", content_type="text/plain")
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


def test_a_body_over_ten_megabytes_is_413(house: House) -> None:
    answer = house.api.post("/api/v1/events", data=b" " * (10 * 1024 * 1024 + 1), content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/actions"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_chunked_body_over_ten_megabytes_is_413_and_not_cut(house: House, method: str, path: str) -> None:
    answer = getattr(house.api, method)(
        path,
        input_stream=BytesIO(b"[]" + b" " * (10 * 1024 * 1024)),
        headers={"Transfer-Encoding": "chunked", "Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


def test_a_chunked_body_is_read(house: House) -> None:
    body = b'{"eid": "e1", "user_ext_id": "42", "event_type": "login"}'
    answer = house.api.post(
        "/api/v1/events",
        input_stream=BytesIO(body),
        headers={"Transfer-Encoding": "chunked", "Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json["accepted"]) == (202, 1)


@pytest.mark.parametrize("body", [b"{", b"[1", b"\xff", b"null", b'"\\ud800"', b""])
def test_a_body_that_is_no_event_is_400(house: House, body: bytes) -> None:
    answer = house.api.post("/api/v1/events", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert {"code", "message"} <= set(answer.json)


def test_an_event_shows_everything_about_it(house: House) -> None:
    user = house.rows.user("42")
    match = {"campaign": "hello", "version": 1, "verdict": "entered"}
    id_ = house.rows.event({"amount": 12}, user_id=user, visitor_id="v", matches=[match], decided_ms=NOW_MS + 5)
    [event] = house.api.items("/api/v1/events")
    assert event == {
        "id": str(id_),
        "eid": f"e{id_}",
        "type": "client_action",
        "action": "TEST",
        "verb": None,
        "link": None,
        "payload": {"amount": 12},
        "source": "server",
        "status": "unmatched",
        "reason": None,
        "user_ext_id": "42",
        "visitor_id": "v",
        "verified": True,
        "context": {},
        "matches": [match],
        "at": "2025-11-23T09:26:40.000Z",
        "received_at": "2025-11-23T09:26:40.000Z",
        "decided_at": "2025-11-23T09:26:40.005Z",
    }


@pytest.mark.parametrize(
    "query",
    ["user=42", "visitor=v1", "action=BUY", "status=held", "type=deep_link", "user=42&action=BUY&status=held"],
)
def test_each_filter_keeps_only_its_events(house: House, query: str) -> None:
    house.rows.event()
    wanted = house.rows.event(
        user_id=house.rows.user("42"),
        sender="b:v1",
        visitor_id="v1",
        action="BUY",
        status="held",
        type="deep_link",
    )
    house.rows.event(user_id=house.rows.user("43"), sender="b:v2", visitor_id="v2")
    assert [event["id"] for event in house.api.items(f"/api/v1/events?{query}")] == [str(wanted)]


def test_events_of_an_unknown_user_are_an_empty_list(house: House) -> None:
    house.rows.event()
    assert house.api.items("/api/v1/events?user=nobody") == []


def test_the_pages_hold_everything_once_also_while_events_arrive(house: House) -> None:
    wanted = [str(house.rows.event()) for _ in range(7)]
    seen = []
    for items in house.api.walk("/api/v1/events", limit=3):
        seen += [event["id"] for event in items]
        house.rows.event()
    assert seen == wanted[::-1]


def test_a_last_page_that_is_full_has_no_next(house: House) -> None:
    house.rows.event()
    house.rows.event()
    assert house.api.get("/api/v1/events?limit=2").json["next"] is None
    assert house.api.get("/api/v1/events?limit=1").json["next"] is not None
