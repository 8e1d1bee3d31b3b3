"""A deep link and what was done before the login, over the ways in which people log in; and consent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.e2e.stack import eventually
from tests.sdk.installation import Installation
from tests.sdk.shopfront import Shopfront

pytestmark = [pytest.mark.browser, pytest.mark.redis]

LINK = "#_dp=dp%3Aaction%26action%3DCounted%26name%3Dlink"
KEYS = "Object.keys(localStorage).filter((key) => key.startsWith('cueline'))"


@pytest.fixture
def logins(installation: Installation) -> Iterator[Shopfront]:
    """The login page of another site: it sends everybody back at once, by script, with the address he came from."""
    site = Shopfront(installation.url, "").start()
    site.put("/login", "<script>location.href = new URLSearchParams(location.search).get('back')</script>")
    yield site
    site.stop()


def test_a_link_is_held_over_a_login_on_another_site_and_released_once(
    page: Page, shop: Shopfront, logins: Shopfront, installation: Installation, user: str
) -> None:
    go = f"location.href = '{logins.url}/login?back=' + encodeURIComponent(location.origin + '/home')"
    shop.put("/deposit", f"<script>addEventListener('load', () => {{ {go} }})</script>")
    shop.put("/home", f"<script>cueline('online', '{user}')</script>")
    page.goto(f"{shop.url}/deposit{LINK}", wait_until="commit")
    page.wait_for_url("**/home", wait_until="commit")
    page.evaluate("cueline('flush')")
    page.reload()
    page.evaluate("cueline('flush')")
    installation.expect(user, ["link"])


def test_a_link_waits_for_a_login_in_another_tab(
    context: BrowserContext, shop: Shopfront, installation: Installation, user: str
) -> None:
    first, second = context.new_page(), context.new_page()
    first.goto(shop.url + "/" + LINK)
    second.goto(shop.url)
    first.evaluate("cueline('action', 'Counted', {name: 'before'})")
    second.evaluate("(user) => cueline('online', user)", user)
    for tab in (first, second):
        tab.evaluate("cueline('flush')")
    installation.expect(user, ["link", "before"])


def test_a_link_is_held_over_a_login_on_another_subdomain(
    context: BrowserContext, page: Page, shop: Shopfront, installation: Installation, user: str
) -> None:
    shop.tag = shop.tag.replace(" data-key", ' data-cookie-domain="shop.localhost" data-key')
    page.goto(shop.at("www.shop.localhost", "/" + LINK))
    page.wait_for_function("!location.hash")
    page.goto(shop.at("accounts.shop.localhost"))
    page.evaluate("(user) => cueline('online', user)", user)
    installation.expect(user, ["link"])
    page.goto(shop.at("www.shop.localhost"))
    page.evaluate("(user) => cueline('online', user)", user)
    page.evaluate("cueline('action', 'Counted', {name: 'back'})")
    page.evaluate("cueline('flush')")
    installation.expect(user, ["link", "back"])
    for cookie in context.cookies():
        assert (cookie["domain"].lstrip("."), cookie["sameSite"]) == ("shop.localhost", "Lax")


ROUTERS = {
    # Rewrites the address in the first script after the tag, as hash routers do: what it does not know is home.
    "hash": "<script>if (!location.hash.startsWith('#/')) location.replace('#/home')</script>",
    "history": "<script>history.replaceState({mine: 1}, '', '/a'); history.pushState({mine: 2}, '', '/b')</script>",
}


@pytest.mark.parametrize("router", ROUTERS)
def test_a_router_that_rewrites_the_address_at_once_costs_no_link(
    page: Page, shop: Shopfront, installation: Installation, user: str, router: str
) -> None:
    shop.put("/app", ROUTERS[router])
    page.goto(f"{shop.url}/app{LINK}")
    page.evaluate("(user) => cueline('online', user)", user)
    page.evaluate("cueline('flush')")
    installation.expect(user, ["link"])
    assert page.evaluate("[location.hash, history.state?.mine]") == (["#/home", None] if router == "hash" else ["", 2])


def test_links_that_a_router_brings_are_taken_each_once(
    page: Page, shop: Shopfront, installation: Installation, user: str
) -> None:
    push = "history.pushState({{n: {0}}}, '', '/app/{0}?x=1&_dp=dp%3Aaction%26action%3DCounted%26name%3Dp{0}')"
    shop.put("/app", f"<script>{push.format(1)}</script>")
    page.goto(f"{shop.url}/app")
    page.evaluate("(user) => cueline('online', user)", user)
    page.wait_for_function("location.search == '?x=1' && history.state.n == 1")
    page.evaluate(push.format(2))
    page.wait_for_function("location.search == '?x=1' && history.state.n == 2")
    page.evaluate("location.hash = '#/three?_dp=dp%3Aaction%26action%3DCounted%26name%3Dhash'")
    page.wait_for_function("location.hash == '#/three'")
    page.go_back()
    page.go_back()
    page.go_forward()
    page.evaluate("cueline('flush')")
    installation.expect(user, ["p1", "p2", "hash"])


def pending(shop: Shopfront, state: str = "pending") -> None:
    shop.proxy()
    shop.tag = shop.tag.replace(" data-key", f' data-consent="{state}" data-key')


def test_what_was_done_before_consent_is_kept_in_memory_and_counts_once_it_is_granted(
    context: BrowserContext, page: Page, shop: Shopfront, installation: Installation, user: str
) -> None:
    pending(shop)
    page.goto(shop.url + "/" + LINK)
    page.wait_for_function("!location.hash")
    page.evaluate("(user) => { cueline.online(user); cueline.action('Counted', {name: 'before'}) }", user)
    page.wait_for_timeout(600)
    assert (page.evaluate(KEYS), shop.collected(), context.cookies()) == ([], [], [])
    page.evaluate("cueline.consent('granted'); cueline.action('Counted', {name: 'after'})")
    page.evaluate("cueline.flush()")
    installation.expect(user, ["link", "before", "after"])


def test_what_was_done_before_consent_was_denied_is_forgotten(
    context: BrowserContext, page: Page, shop: Shopfront, user: str
) -> None:
    pending(shop)
    page.goto(shop.url + "/" + LINK)
    page.wait_for_function("!location.hash")
    page.evaluate("(user) => { cueline.online(user); cueline.action('Counted', {name: 'before'}) }", user)
    page.evaluate("cueline.consent('denied'); cueline.action('Counted', {name: 'after'})")
    page.evaluate("(user) => cueline.online(user)", user)  # forgotten, too
    heard = "new Promise((hear) => { cueline.on('deep_link', ({verb}) => hear(verb)); cueline.dp('dp:inbox') })"
    assert page.evaluate(heard) == "inbox"
    page.reload()
    page.wait_for_timeout(600)
    assert (page.evaluate(KEYS), shop.collected(), context.cookies()) == ([], [], [])


def test_denied_after_the_fact_erases_what_was_kept(
    context: BrowserContext, shop: Shopfront, page: Page, user: str
) -> None:
    shop.proxy()
    shop.status = 503
    page.goto(shop.url)
    page.evaluate("(user) => { cueline.online(user); cueline.action('Counted', {name: 'kept'}) }", user)
    page.wait_for_function(f"{KEYS}.length > 2")
    eventually(shop.collected)
    page.evaluate("cueline.consent('denied')")
    assert page.evaluate(KEYS) == []
    shop.status, seen = 0, len(shop.collected())
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(1_500)
    assert len(shop.collected()) == seen
