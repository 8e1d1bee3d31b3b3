"""Every refusal of the door, each readable by the page that got it."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from cueline.streams import keys
from tests.collector.wsgi import SECRET_KEY, Answer, Dribble, Page, wsgi_call

OpenPage = Callable[..., Page]
LIMIT = 64 * 1024


def assert_refused(answer: Answer, status: int, code: str) -> None:
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.json["message"]
    assert_readable(answer)


def assert_readable(answer: Answer) -> None:
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Expose-Headers"] == "Retry-After"


def padded(page: Page, length: int) -> bytes:
    body = json.dumps(page.envelope()).encode()
    return body + b" " * (length - len(body))


def test_everything_else_is_for_the_app_behind(page: Page) -> None:
    assert wsgi_call(page.app, "GET", "/behind").body == b"Flask"
    assert wsgi_call(page.app, "GET", "/v1/collect/").status == 404


def test_a_path_of_ones_own_collects_beside_the_usual_one(open_page: OpenPage) -> None:
    page = open_page(collect_path="/assets/basket")
    assert page.send(path="/assets/basket").status == page.send().status == 202
    assert len(page.entries()) == 2
    assert wsgi_call(page.app, "OPTIONS", "/assets/basket").status == 204
    assert wsgi_call(page.app, "GET", "/behind").body == b"Flask"


def test_a_preflight_is_answered_at_the_door(page: Page) -> None:
    answer = wsgi_call(page.app, "OPTIONS", HTTP_ORIGIN="https://any.example")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Access-Control-Allow-Methods"] == "POST, OPTIONS"
    assert answer.headers["Access-Control-Allow-Headers"] == "Content-Type"
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    assert_readable(answer)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_405(page: Page, method: str) -> None:
    answer = wsgi_call(page.app, method)
    assert_refused(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST, OPTIONS"


def test_head_is_405_without_a_body(page: Page) -> None:
    answer = wsgi_call(page.app, "HEAD")
    assert (answer.status, answer.body) == (405, b"")


@pytest.mark.parametrize("media", ["text/plain", "TEXT/PLAIN; charset=utf-8", "application/json"])
def test_both_content_types_pass(page: Page, media: str) -> None:
    answer = page.send(CONTENT_TYPE=media)
    assert answer.status == 202
    assert_readable(answer)


@pytest.mark.parametrize("media", ["application/x-www-form-urlencoded", "text/html", "", None])
def test_other_content_types_are_415(page: Page, media: str | None) -> None:
    assert_refused(page.send(CONTENT_TYPE=media), 415, "unsupported_type")


@pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, identity"])
def test_a_compressed_body_is_415(page: Page, encoding: str) -> None:
    assert_refused(page.send(b"\x1f\x8b", HTTP_CONTENT_ENCODING=encoding), 415, "unsupported_encoding")


def test_64_kib_pass_and_one_byte_more_does_not(page: Page) -> None:
    assert page.send(padded(page, LIMIT)).status == 202
    assert_refused(page.send(padded(page, LIMIT + 1)), 413, "too_large")


def test_a_body_too_large_is_not_even_read(page: Page) -> None:
    stream = io.BytesIO(b"x")
    assert_refused(page.send(b"", stream=stream, CONTENT_LENGTH=str(10**9)), 413, "too_large")
    assert stream.tell() == 0


@pytest.mark.parametrize("length", ["abc", "-5", "+5", "1_0", "5.0", "٣", "9" * 30])
def test_a_length_that_is_no_number_is_400(page: Page, length: str) -> None:
    assert_refused(page.send(CONTENT_LENGTH=length), 400, "bad_length")


def test_a_chunked_body_is_read_to_its_end(page: Page) -> None:
    chunked: dict[str, Any] = {
        "CONTENT_LENGTH": None,
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input_terminated": True,
    }
    assert page.send(**chunked).status == 202
    assert page.send(**chunked | {"CONTENT_LENGTH": "0"}).status == 202
    assert_refused(page.send(padded(page, LIMIT + 1), **chunked), 413, "too_large")
    assert len(page.entries()) == 2


@pytest.mark.parametrize("extra", [{"HTTP_TRANSFER_ENCODING": "chunked"}, {}])
def test_a_body_whose_end_cannot_be_known_is_411(page: Page, extra: dict[str, str]) -> None:
    assert_refused(page.send(CONTENT_LENGTH=None, **extra), 411, "length_required")


def test_a_body_that_comes_in_drops_is_read_whole(page: Page) -> None:
    body = padded(page, 500)
    assert page.send(body, stream=Dribble(body)).status == 202


def test_a_body_that_breaks_off_is_400(page: Page) -> None:
    body = padded(page, 500)
    assert_refused(page.send(body, stream=io.BytesIO(body[:400])), 400, "incomplete_body")


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"5", b"null", b'{"key":', b"\xff\xfe", b"[" * 60_000])
def test_what_is_no_json_object_is_400(page: Page, body: bytes) -> None:
    assert_refused(page.send(body), 400, "malformed_json")


@pytest.mark.parametrize("field", ["key", "visitor_id", "events"])
def test_a_missing_field_is_named(page: Page, field: str) -> None:
    answer = page.send(page.envelope(**{field: ...}))
    assert_refused(answer, 400, "missing_field")
    assert field in answer.json["message"]


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("key", 5),
        ("key", None),
        ("visitor_id", 5),
        ("visitor_id", ""),
        ("visitor_id", "x" * 129),
        ("visitor_id", "a\0"),
        ("visitor_id", "\ud83d"),
        ("events", {}),
        ("events", None),
        ("events", "x"),
        ("sent_at", "x"),
        ("sent_at", -1),
        ("sent_at", None),
        ("sent_at", True),
        ("sent_at", 10**400),
        ("sent_at", 2**64),
        ("sent_at", float("nan")),
        ("user", "42"),
        ("user", {"id": 42}),
        ("user", {"id": ""}),
        ("user", {"id": "x" * 129}),
        ("user", {"id": "42", "hash": 5}),
    ],
)
def test_a_bad_field_is_named(page: Page, field: str, bad: Any) -> None:
    answer = page.send(page.envelope(**{field: bad}))
    assert_refused(answer, 400, "bad_field")
    assert field in answer.json["message"]
    assert page.entries() == []


def test_101_events_are_too_many(page: Page) -> None:
    events = [page.event(f"e{i}") for i in range(101)]
    assert_refused(page.send(page.envelope(*events)), 400, "too_many_events")
    assert page.entries() == []


@pytest.mark.parametrize("key", ["wk_other", "", "wk_è", "\ud83d"])
def test_an_unknown_key_is_401(page: Page, key: str) -> None:
    assert_refused(page.send(page.envelope(key=key)), 401, "unknown_key")


def test_a_secret_key_in_a_page_is_403_with_advice(page: Page) -> None:
    answer = page.send(page.envelope(key=SECRET_KEY))
    assert_refused(answer, 403, "secret_key")
    assert "Revoke" in answer.json["message"]


SHOP = "https://shop.example"


@pytest.mark.parametrize("origin", ["https://shop.exampl", "http://shop.example", SHOP + ":443", "null", SHOP + "/"])
def test_an_origin_one_letter_off_is_403(open_page: OpenPage, origin: str) -> None:
    page = open_page(origins=(SHOP,))
    assert_refused(page.send(HTTP_ORIGIN=origin), 403, "origin_not_allowed")
    assert page.entries() == []


@pytest.mark.parametrize("origin", [SHOP, None])
def test_a_listed_origin_passes_and_so_does_none(open_page: OpenPage, origin: str | None) -> None:
    assert open_page(origins=("https://a.example", SHOP)).send(HTTP_ORIGIN=origin).status == 202


@pytest.mark.parametrize("origins", [("*",), ("null",)])
def test_null_passes_only_where_listed_or_all_do(open_page: OpenPage, origins: tuple[str, ...]) -> None:
    assert open_page(origins=origins).send(HTTP_ORIGIN="null").status == 202


@pytest.mark.parametrize("kind", ["key", "address", "visitor"])
def test_too_many_events_are_429_with_retry_after(open_page: OpenPage, kind: str) -> None:
    page = open_page(**{f"rate_{kind}": 1})
    assert page.send(page.envelope(*(page.event(f"a{i}") for i in range(10)))).status == 202
    answer = page.send(page.envelope(*(page.event(f"b{i}") for i in range(3))))
    assert_refused(answer, 429, "rate_limited")
    assert answer.headers["Retry-After"] in ("2", "3")
    assert kind in answer.json["message"]
    assert len(page.entries()) == 10


def test_an_empty_bucket_is_the_senders_own(open_page: OpenPage, redis: Redis) -> None:
    page = open_page(rate_address=100)
    redis.set(keys.rate(0, "visitor", "1:v1"), int(time.time() * 1e6) + 15_000_000)
    redis.set(keys.rate(0, "address", "1:192.0.2.9"), int(time.time() * 1e6) + 15_000_000)
    assert page.send().status == 429
    assert page.send(page.envelope(visitor_id="v2")).status == 202
    assert page.send(page.envelope(visitor_id="v3"), REMOTE_ADDR="192.0.2.9").status == 429


def test_a_full_backlog_is_503_with_retry_after(open_page: OpenPage) -> None:
    page = open_page(stream_max=1)
    page.send()
    answer = page.send()
    assert_refused(answer, 503, "backlog_full")
    assert int(answer.headers["Retry-After"]) > 0


def test_without_redis_it_is_503_with_retry_after_and_one_line_of_log(
    open_page: OpenPage, caplog: pytest.LogCaptureFixture
) -> None:
    page = open_page(streams=Redis.from_url("unix:///nowhere/redis.sock"))
    for _ in range(3):
        answer = page.send()
        assert_refused(answer, 503, "unavailable")
        assert answer.headers["Retry-After"] == "5"
        assert "nowhere" not in answer.body.decode()
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


def test_what_nobody_expected_is_500_without_a_trace(page: Page, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise RuntimeError("a secret of ours")

    answer = page.send(stream=Broken())
    assert_refused(answer, 500, "internal_error")
    assert b"secret" not in answer.body
    assert len([record for record in caplog.records if record.exc_info]) == 1
