"""What the status page says in its rows and about itself, against a running `cueline up`."""

import contextlib
import json
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Locator, Page, Route, expect
from redis import Redis

from cueline.deliveries.reasons import NO_SMTP, REASONS
from cueline.streams.entry import StreamEntry, encode
from cueline.streams.keys import stream
from tests.e2e.shop import Shop
from tests.e2e.stack import Item, Stack

pytestmark = [pytest.mark.browser, pytest.mark.redis]

FEED = "**/status/feed"
# What no door lets in: a payload that is no object.
NO_OBJECT = StreamEntry(1, "s", "dead-1", "client_action", msgspec.Raw(b"[1]"), "server", 1, 1, user_ext_id="nora")


def event(user: str, kind: str, **payload: Any) -> Item:
    return {"eid": f"{user}-{kind}", "user_ext_id": user, "event_type": kind, "payload": payload}


def row(status: Page, list_id: str, name: str, user: str) -> Locator:
    found = status.locator(f"#{list_id} > li").filter(has=status.locator(".name", has_text=name))
    return found.filter(has_text=user).first


def test_why_mails_are_kept_is_said_once_and_not_in_each_row(shop: Shop, stack: Stack) -> None:
    profile = event("kate", "update_profile", email="kate@shop.example")
    action = event("kate", "client_action", client_action="reset_password", link="https://shop.example/r")
    stack.post_events(profile, action)
    status = shop.open("/")
    expect(row(status, "mails", "Choose a new password", "kate@shop.example")).to_be_visible()
    expect(status.locator("#kept-why")).to_have_text(REASONS[NO_SMTP])
    expect(status.get_by_text(REASONS[NO_SMTP])).to_have_count(1)


def test_our_own_outcomes_bear_no_chip_when_no_campaign_waits_for_them(shop: Shop, stack: Stack) -> None:
    stack.post_events(event("lena", "client_action", client_action="reset_password", link="https://shop.example/r"))
    status = shop.open("/")
    outcome = row(status, "events", "email_skipped", "user lena")
    expect(outcome.locator("summary")).to_contain_text("no_address")
    expect(outcome.locator(".chip")).to_have_count(0)
    expect(row(status, "events", "reset_password", "user lena").locator(".chip")).to_have_text("matched")


def test_a_row_tells_the_properties_of_a_login_and_that_there_is_no_payload(shop: Shop, stack: Stack) -> None:
    login = event("mona", "login", properties={"first_name": "Mona"})
    stack.post_events(login, event("mona", "client_action", client_action="JustClicked"))
    status = shop.open("/")
    expect(row(status, "events", "login", "user mona").locator("summary")).to_have_text("first_name Mona")
    expect(row(status, "events", "JustClicked", "user mona").locator("summary")).to_have_text("no payload")


def test_without_redis_nobody_knows_what_waits(shop: Shop) -> None:
    status = shop.open("/")
    expect(status.locator("#health")).to_have_text("Everything is running · nothing waits", timeout=30_000)
    status.route(FEED, _without_redis)
    expect(status.locator("#health")).to_have_text("Something is wrong")
    expect(status.locator("#wrong .what")).to_have_text("Redis is away.")
    expect(status.locator("#wrong .todo")).to_have_text("Start it.")


def _without_redis(route: Route) -> None:
    wrong = {"level": "fail", "name": "Redis", "found": "Redis is away", "advice": "Start it."}
    health = {"redis": False, "sql": True, "backlog": 0, "lag_ms": 0, "wrong": [wrong]}
    route.fulfill(content_type="application/json", body=json.dumps({"health": health}))


def test_a_page_that_gets_no_answer_says_so_and_goes_on_asking(shop: Shop) -> None:
    status = shop.open("/")
    status.route(FEED, lambda route: route.abort())
    expect(status.locator("#wrong")).to_have_text("The server does not answer. This page goes on asking.")
    status.unroute(FEED)
    expect(status.locator("#health")).to_have_text("Everything is running · nothing waits", timeout=30_000)


def test_a_dead_letter_is_shown_and_can_be_read(shop: Shop, stack: Stack) -> None:
    with contextlib.closing(Redis.from_url((stack.data / "redis.url").read_text().strip())) as redis:
        redis.xadd(stream(0), {"e": encode(NO_OBJECT)})
    status = shop.open("/")
    letter = status.locator("#letters > li").first
    expect(letter).to_contain_text("user nora", timeout=30_000)
    try:
        expect(status.locator("#health")).to_contain_text("something to look at", timeout=30_000)
        letter.get_by_role("button", name="Read it").click()
        expect(status.locator("#letter-body")).to_contain_text("partition 0")
        expect(status.locator("#letter-body")).to_contain_text("cueline dead-letters replay")
    finally:
        (found,) = map(json.loads, stack.run("dead-letters", "list", "--json").stdout.splitlines())
        assert stack.run("dead-letters", "discard", str(found["id"])).returncode == 0
    expect(status.locator("#dead")).to_be_hidden(timeout=30_000)
