"""`make bench-sdk`: its server counts what a browser would send, its bars judge honestly. Needs no peer installed."""

from __future__ import annotations

import base64
import gzip
import json
import urllib.request
from collections.abc import Iterator
from urllib.error import HTTPError, URLError

import pytest

from bench.sdk.decode import decode
from bench.sdk.product import MARKED
from bench.sdk.products import cueline
from bench.sdk.report import Bar, verdict
from bench.sdk.sink import Sink, serving


@pytest.fixture
def sink() -> Iterator[Sink]:
    with serving(cueline.product()) as sink:
        yield sink


def post(sink: Sink, *events: tuple[str, str]) -> int:
    reported = [
        {"eid": eid, "type": "client_action", "payload": {"client_action": MARKED, "marker": marker}}
        for marker, eid in events
    ]
    body = json.dumps({"events": reported}).encode()
    request = urllib.request.Request(f"{sink.origin}/v1/collect", body, {"Content-Type": "text/plain"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        status: int = answer.status
        return status


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda plain: b"data=" + base64.b64encode(plain)])
def test_bodies_are_read_as_they_are_sent(pack) -> None:  # type: ignore[no-untyped-def]
    assert decode(pack(b'{"event": "A"}')) == {"event": "A"}


def test_an_event_that_comes_again_under_its_id_counts_once_and_under_another_twice(sink: Sink) -> None:
    assert post(sink, ("out0", "a"), ("out1", "b")) == 202
    post(sink, ("out0", "a"))
    assert (sink.markers("out"), sink.twice("out")) == ({"out0", "out1"}, 0)
    post(sink, ("out0", "c"))
    assert sink.twice("out") == 1
    assert [one.method for one in sink.requests] == ["POST"] * 3


def test_while_it_answers_503_it_takes_nothing_and_counts_the_request(sink: Sink) -> None:
    sink.status = 503
    with pytest.raises(HTTPError):
        post(sink, ("out0", "a"))
    assert (sink.markers("out"), len(sink.requests)) == (set(), 1)


def test_when_it_is_down_it_refuses_and_it_comes_back_where_it_was(sink: Sink) -> None:
    origin = sink.origin
    sink.down()
    with pytest.raises(URLError):
        post(sink, ("out0", "a"))
    sink.up()
    assert sink.origin == origin
    assert post(sink, ("out0", "a")) == 202


def test_what_it_does_not_understand_is_told_and_not_taken_for_silence(sink: Sink) -> None:
    sink.take(b"no JSON")
    assert len(sink.unread) == 1


def test_preflights_are_told_from_requests(sink: Sink) -> None:
    asked = urllib.request.Request(
        f"{sink.origin}/v1/collect", method="OPTIONS", headers={"Origin": "http://a.example"}
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "http://a.example"
    assert [one.method for one in sink.requests] == ["OPTIONS"]


def test_a_bar_compares_with_its_peer_round_by_round() -> None:
    bar = Bar("init", "ms", {"Cueline": [11, 24], "umami": [10, 20]}, most_ratio=1.2, beside="umami")
    assert (bar.holds, verdict(bar)) == (True, "holds (1.15)")


@pytest.mark.parametrize(("figure", "is_held"), [([0.0], True), ([1.0], False), ("crashed", False)])
def test_a_goal_of_none_is_missed_by_one_and_by_a_crash(figure: list[float] | str, is_held: bool) -> None:
    assert Bar("preflights", "", {"Cueline": figure}, most=0).holds is is_held
