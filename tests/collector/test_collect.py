"""What becomes of a request that the collector takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cueline.intake.identity import make
from tests.collector.wsgi import Page

OpenPage = Callable[..., Page]


def test_an_event_is_in_redis_when_202_is_answered(page: Page) -> None:
    context = {"url": "https://shop.example/a?b", "title": "Shop", "sdk": "1.0.0"}
    answer = page.send(page.envelope(context=context, user={"id": "42"}))
    assert (answer.status, answer.json) == (202, {"accepted": 1, "rejected": []})
    (entry,) = page.entries()
    assert (entry.workspace_id, entry.sender, entry.visitor_id, entry.user_ext_id) == (1, "b:v1", "v1", "42")
    assert (entry.eid, entry.type, entry.source, entry.verified) == ("e1", "client_action", "browser", False)
    assert bytes(entry.payload) == b'{"client_action":"CashierSubmitClicked","amount":12}'
    assert (entry.at_ms, entry.received_ms) == (page.clock.now_ms(), page.clock.now_ms())
    assert entry.context == context


def test_a_deep_link_comes_from_a_link(page: Page) -> None:
    page.send(page.envelope(page.event(type="deep_link", payload={"link": "dp:action&action=TEST5"})))
    assert [entry.source for entry in page.entries()] == ["link"]


def test_events_of_one_request_keep_their_order(page: Page) -> None:
    page.send(page.envelope(*(page.event(f"e{i}") for i in range(100))))
    assert [entry.eid for entry in page.entries()] == [f"e{i}" for i in range(100)]


def test_the_time_is_corrected_by_the_pages_clock(page: Page) -> None:
    now_ms = page.clock.now_ms()
    page.send(page.envelope(page.event(at=now_ms + 86_399_000), sent_at=now_ms + 86_400_000))
    assert page.entries()[0].at_ms == now_ms - 1_000


def test_good_events_beside_bad_ones_are_taken(page: Page) -> None:
    bad: list[Any] = [page.event("bad", payload=[]), page.event("\ud83d"), "nonsense", page.event("nul", type="a\0")]
    answer = page.send(page.envelope(page.event("first"), *bad, page.event("last")))
    assert answer.status == 202
    assert answer.json["accepted"] == 2
    assert [(r["eid"], r["code"], r.get("index")) for r in answer.json["rejected"]] == [
        ("bad", "bad_payload", None),
        (None, "bad_eid", 2),
        (None, "not_an_object", 3),
        ("nul", "bad_type", None),
    ]
    assert [entry.eid for entry in page.entries()] == ["first", "last"]


@pytest.mark.parametrize("spoilt", [b'"\\ud83d"', b'"\xff"', b"NaN", b"[" * 9_999 + b"]" * 9_999, b"9" * 5_000])
def test_one_event_that_spoils_the_reading_leaves_the_others(page: Page, spoilt: bytes) -> None:
    body = b"""{"key":"wk_test","visitor_id":"v1","events":[
        {"eid":"first","type":"page"},
        {"eid":"bad","type":"page","payload":{"a":%s}},
        {"eid":"last","type":"page"}]}"""
    answer = page.send(body % spoilt)
    assert (answer.status, answer.json["accepted"]) == (202, 2)
    assert [rejected["eid"] for rejected in answer.json["rejected"]] == ["bad"]
    assert [entry.eid for entry in page.entries()] == ["first", "last"]


def test_a_request_with_only_bad_events_writes_nothing(page: Page) -> None:
    answer = page.send(page.envelope(page.event(payload=5)))
    assert (answer.status, answer.json["accepted"]) == (202, 0)
    assert page.entries() == []


def test_unknown_fields_are_ignored_and_named(page: Page) -> None:
    envelope = page.envelope(
        page.event(colour=1),
        zeta=1,
        user={"id": "42", "name": "Ada"},
        context={"url": "u", "screen": "9x9", "title": 5},
    )
    answer = page.send(envelope)
    assert answer.json == {
        "accepted": 1,
        "rejected": [],
        "ignored": ["context.screen", "context.title", "events.colour", "user.name", "zeta"],
    }
    assert page.entries()[0].context == {"url": "u"}


def test_context_is_cut_and_repaired_never_refused(page: Page) -> None:
    context = {"title": "a cut emoji \ud83d", "url": "x" * 3_000, "referrer": "nul\0"}
    assert page.send(page.envelope(context=context)).status == 202
    assert page.entries()[0].context == {"title": "a cut emoji \ufffd", "url": "x" * 2_000, "referrer": "nul\ufffd"}


@pytest.mark.parametrize("context", [5, "x", [], True])
def test_a_context_that_is_no_object_is_named(page: Page, context: Any) -> None:
    answer = page.send(page.envelope(context=context))
    assert (answer.json["accepted"], answer.json["ignored"]) == (1, ["context"])


@pytest.mark.parametrize("nobody", [None, {}, {"id": None}])
def test_an_envelope_may_name_nobody(page: Page, nobody: Any) -> None:
    assert page.send(page.envelope(user=nobody)).json["accepted"] == 1
    assert page.entries()[0].user_ext_id is None


def test_what_was_taken_and_refused_is_counted(page: Page) -> None:
    page.send(page.envelope(page.event("a"), page.event("b"), page.event("c", payload=5)))
    page.send(b"nonsense")
    assert page.counted() == {
        'events_accepted_total{door="collect"}': 2,
        'events_rejected_total{code="bad_payload",door="collect"}': 1,
        'requests_refused_total{code="malformed_json",door="collect"}': 1,
    }


def user(page: Page, *, is_good: bool = True) -> dict[str, str]:
    secret = page.identity_secret if is_good else "wrong"
    return {"id": "42", "hash": make("42", secret, page.clock.now_ms() // 1000 + 60)}


def test_under_enforce_a_good_hash_verifies(open_page: OpenPage) -> None:
    page = open_page(mode="enforce")
    answer = page.send(page.envelope(page.event(type="login", payload={}), user=user(page)))
    assert answer.json == {"accepted": 1, "rejected": []}
    assert [(entry.user_ext_id, entry.verified) for entry in page.entries()] == [("42", True)]


@pytest.mark.parametrize("hash", [{}, {"hash": "1.bad"}, {"hash": None}])
def test_under_enforce_a_bad_hash_leaves_the_events_to_the_visitor(open_page: OpenPage, hash: Any) -> None:
    page = open_page(mode="enforce")
    events = [page.event(type, type=type, payload={"op": "clear"}) for type in ("login", "tags", "update_profile", "x")]
    answer = page.send(page.envelope(*events, user={"id": "42", **hash}))
    assert [(r["eid"], r["code"]) for r in answer.json["rejected"]] == [("login", "user_not_verified")]
    assert answer.json["ignored"] == ["user"]
    assert [(e.eid, e.user_ext_id, e.verified) for e in page.entries()] == [
        ("tags", None, False),
        ("update_profile", None, False),
        ("x", None, False),
    ]


@pytest.mark.parametrize("mode", ["off", "warn"])
def test_without_enforce_every_user_is_believed_and_only_warn_counts(open_page: OpenPage, mode: str) -> None:
    page = open_page(mode=mode)
    page.send(page.envelope(page.event(type="login", payload={}), user=user(page, is_good=False)))
    assert [(entry.user_ext_id, entry.verified) for entry in page.entries()] == [("42", False)]
    unverified = [name for name in page.counted() if name.startswith("users_unverified_total")]
    assert unverified == (['users_unverified_total{mode="warn",verdict="bad"}'] if mode == "warn" else [])


def test_a_login_without_a_user_is_refused(page: Page) -> None:
    answer = page.send(page.envelope(page.event(type="login", payload={})))
    assert [(r["eid"], r["code"]) for r in answer.json["rejected"]] == [("e1", "missing_user")]
