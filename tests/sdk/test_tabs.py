"""What a browser's tabs did has one effect in SQL each, however the tabs end."""

from __future__ import annotations

import contextlib
import json
from collections import Counter

import pytest
from playwright.sync_api import BrowserContext, Error, Page

from tests.sdk.installation import Installation
from tests.sdk.shopfront import Shopfront

pytestmark = [pytest.mark.browser, pytest.mark.redis]

STORED = "Object.keys(localStorage).filter((key) => key.startsWith('cueline.q.')).length"
ACT = "(name) => void cueline.action('Counted', {name})"
LOG_IN = "(user) => void cueline.online(user)"


def visit(context: BrowserContext, url: str, user: str = "") -> Page:
    """A new tab whose core is there; logged in, if a user is named."""
    page = context.new_page()
    page.goto(url)
    page.wait_for_function("!!cueline.run")
    if user:
        page.evaluate(LOG_IN, user)
    return page


def times_sent(shop: Shopfront) -> Counter[str]:
    """How often each eid went over the line."""
    return Counter(event["eid"] for body in shop.collected() for event in json.loads(body)["events"])


@pytest.mark.parametrize("delay_s", [0, 0.3], ids=["fast", "slow"])
def test_a_tab_that_is_closed_right_after_the_call_has_reported_it(
    context: BrowserContext, shop: Shopfront, installation: Installation, user: str, delay_s: float
) -> None:
    shop.proxy()
    visit(context, shop.url, user).evaluate("cueline.flush()")
    shop.delay_s = delay_s
    for number in range(10):
        page = visit(context, shop.url)
        page.evaluate(ACT, f"{number}")
        page.close(run_before_unload=False)
    installation.expect(user, map(str, range(10)))


def test_a_page_that_is_left_right_after_the_call_has_reported_it_on_a_slow_network(
    page: Page, shop: Shopfront, installation: Installation, user: str
) -> None:
    shop.proxy()
    shop.delay_s = 0.3
    page.goto(shop.url)
    page.evaluate(LOG_IN, user)
    for number in range(10):
        page.wait_for_function("!!cueline.run")
        page.evaluate(
            "([name, to]) => { cueline.action('Counted', {name}); location.href = to }", [f"{number}", f"/{number}"]
        )
        page.wait_for_url(f"**/{number}")
    installation.expect(user, map(str, range(10)))


def test_a_tab_closed_while_the_collector_was_away_is_made_up_for_by_a_new_one(
    context: BrowserContext, shop: Shopfront, installation: Installation, user: str
) -> None:
    page = visit(context, shop.url, user)
    page.evaluate("cueline.flush()")
    installation.stop()
    for number in range(5):
        page.evaluate(ACT, f"{number}")
    page.wait_for_timeout(400)
    page.close()
    installation.start()
    other = visit(context, shop.url)
    other.evaluate("cueline.flush()")
    installation.expect(user, map(str, range(5)))
    assert other.evaluate(STORED) == 0


def test_two_tabs_are_one_visitor_and_send_nothing_twice(
    context: BrowserContext, shop: Shopfront, installation: Installation, user: str
) -> None:
    shop.proxy()
    shop.delay_s = 0.2
    tabs = [visit(context, shop.url), visit(context, shop.url)]
    tabs[0].evaluate(LOG_IN, user)
    for number in range(20):
        tabs[number % 2].evaluate(ACT, f"{number}")
    for tab in tabs:
        tab.evaluate("cueline.flush()")
    installation.expect(user, map(str, range(20)))
    assert set(times_sent(shop).values()) == {1}
    assert len({json.loads(body)["visitor_id"] for body in shop.collected()}) == 1


def test_a_logout_in_one_tab_is_seen_by_the_other(
    context: BrowserContext, shop: Shopfront, installation: Installation, user: str
) -> None:
    first, second = visit(context, shop.url, user), visit(context, shop.url)
    second.evaluate(ACT, "his")
    first.evaluate("cueline.logout()")
    # What one process writes, another sees some milliseconds later.
    second.wait_for_function("!JSON.parse(localStorage['cueline.id']).user")
    second.evaluate(ACT, "of the next")
    first.evaluate(LOG_IN, f"{user}-next")
    second.evaluate(ACT, "of the next, too")
    for tab in (first, second):
        tab.evaluate("cueline.flush()")
    installation.expect(user, ["his"])
    installation.expect(f"{user}-next", ["of the next", "of the next, too"])


def test_a_window_opened_by_the_page_repeats_nothing(
    context: BrowserContext, shop: Shopfront, installation: Installation, user: str
) -> None:
    shop.proxy()
    shop.delay_s = 0.3
    page = visit(context, shop.url + "/#_dp=dp%3Aaction%26action%3DCounted%26name%3Dlink", user)
    with context.expect_page() as opened:
        page.evaluate(
            "([name, to]) => { sessionStorage.mine = 1; cueline.action('Counted', {name}); window.open(to) }",
            ["before", "/opened"],
        )
    opened.value.wait_for_function("!!cueline.run && sessionStorage.mine == '1'")
    opened.value.evaluate(ACT, "in it")
    page.evaluate(ACT, "after")
    for tab in (page, opened.value):
        tab.evaluate("cueline.flush()")
    installation.expect(user, ["link", "before", "in it", "after"])
    assert set(times_sent(shop).values()) == {1}


def test_a_renderer_that_is_killed_loses_nothing_that_was_stored(
    context: BrowserContext, shop: Shopfront, installation: Installation, user: str
) -> None:
    page = visit(context, shop.url, user)
    page.evaluate("cueline.flush()")
    context.set_offline(True)
    page.evaluate(ACT, "stored")
    page.wait_for_function(f"{STORED} == 1")
    with page.expect_event("crash"), contextlib.suppress(Error):
        page.goto("chrome://crash")  # at once: nothing of the page runs any more
    page.close()
    context.set_offline(False)
    visit(context, shop.url).evaluate("cueline.flush()")
    installation.expect(user, ["stored"])
