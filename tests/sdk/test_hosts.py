"""Pages that are hard on a script: policies, no storage, no clock, patched built-ins, a flood. They never notice."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from playwright.sync_api import BrowserContext, Page

from cueline.snippet import stub
from tests.e2e.stack import eventually
from tests.sdk.installation import Installation
from tests.sdk.shopfront import Shopfront

pytestmark = [pytest.mark.browser, pytest.mark.redis]

ACT = "(name) => void cueline.action('Counted', {name})"
LOG_IN = "(user) => void cueline.online(user)"
LINK = "#_dp=dp%3Aaction%26action%3DCounted%26name%3Dlink"


def try_out(page: Page, url: str, user: str) -> None:
    """A link, a login, an action."""
    page.goto(url + LINK)
    page.evaluate("(user) => cueline('online', user)", user)
    page.evaluate("cueline('action', 'Counted', {name: 'action'})")
    page.evaluate("cueline('flush')")


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("by", ["nonce", "hash"])
def test_a_strict_policy_lets_the_tag_work(
    page: Page, shop: Shopfront, installation: Installation, user: str, by: str
) -> None:
    scripts = "'nonce-n0nce'" if by == "nonce" else f"{hash_of(stub())} {installation.url}"
    tag = shop.tag.replace("<script", '<script nonce="n0nce"') if by == "nonce" else shop.tag
    policy = f"default-src 'none'; img-src data:; script-src {scripts}; connect-src {installation.url}"
    try_out(page, shop.put("/strict", tag=tag, Content_Security_Policy=policy), user)
    installation.expect(user, ["link", "action"])


def test_a_policy_that_forbids_reporting_costs_the_page_nothing_but_the_browsers_own_line(
    context: BrowserContext, shop: Shopfront, user: str
) -> None:
    said: list[tuple[str, str]] = []
    thrown: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: said.append((message.type, message.text)))
    page.on("pageerror", lambda error: thrown.append(str(error)))
    policy = "default-src 'self' 'unsafe-inline' data:; script-src * 'unsafe-inline'"
    page.goto(shop.put("/closed", Content_Security_Policy=policy))
    page.wait_for_function("!!cueline.run")
    with page.expect_console_message(timeout=30_000):
        page.evaluate(LOG_IN, user)
    page.wait_for_timeout(1_500)
    assert thrown == []
    assert said
    assert [line for line in said if line[0] != "error" or "Content Security Policy" not in line[1]] == []


def test_trusted_types_let_the_tag_work(page: Page, shop: Shopfront, installation: Installation, user: str) -> None:
    policy = "require-trusted-types-for 'script'; trusted-types 'none'"
    try_out(page, shop.put("/typed", Content_Security_Policy=policy), user)
    installation.expect(user, ["link", "action"])


PATCHES = {
    # As old releases of Prototype do.
    "Array.prototype.toJSON": "Array.prototype.toJSON = function () { return '[' + this.join() + ']' }",
    "Object.prototype": "Object.prototype.extra = function () {}; Object.prototype.toJSON = undefined",
    "Date.prototype.toJSON": "Date.prototype.toJSON = () => { throw Error('no') }",
    # As monitoring does.
    "fetch": "const own = fetch; window.fetch = (...all) => Promise.resolve().then(() => own(...all))",
    "no Navigation API": "delete window.navigation",
    "no locks": "Object.defineProperty(navigator, 'locks', {value: undefined})",
}


@pytest.mark.parametrize("patch", PATCHES)
def test_a_page_may_patch_what_it_likes(
    page: Page, shop: Shopfront, installation: Installation, user: str, patch: str
) -> None:
    try_out(page, shop.put("/patched", head=f"<script>{PATCHES[patch]}</script>"), user)
    page.evaluate("cueline('tags', 'add', ['a', 'b'])")
    page.evaluate("cueline('flush')")
    installation.expect(user, ["link", "action"])
    eventually(lambda: installation.tags_of(user) == ["a", "b"], 30)


def test_a_page_whose_fetch_throws_can_be_left_and_the_next_page_reports(
    page: Page, shop: Shopfront, installation: Installation, user: str
) -> None:
    page.goto(shop.put("/broken", head="<script>window.fetch = () => { throw Error('mine') }</script>"))
    page.wait_for_function("!!cueline.run")
    page.evaluate(LOG_IN, user)
    page.evaluate(ACT, "kept")
    page.wait_for_timeout(400)
    page.goto(shop.url)
    page.evaluate("cueline('flush')")
    installation.expect(user, ["kept"])


def test_a_full_storage_leaves_the_page_to_work_from_memory(
    page: Page, shop: Shopfront, installation: Installation, user: str
) -> None:
    fill = """for (let size = 1 << 20; size; size >>= 1)
        try { for (let i = 0; ; i++) localStorage[size + '.' + i] = 'x'.repeat(size) } catch {}"""
    page.goto(shop.put("/full", head=f"<script>{fill}</script>"))
    page.evaluate("(user) => cueline('online', user)", user)
    page.evaluate("cueline('action', 'Counted', {name: 'full'})")
    page.evaluate("cueline('flush')")
    page.evaluate("cueline('action', 'Counted', {name: 'left'}); location.href = '/next'")
    installation.expect(user, ["full", "left"])
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('cueline')).length") <= 1


def test_a_sandboxed_frame_without_an_origin_works_from_memory(
    page: Page, shop: Shopfront, installation: Installation, user: str
) -> None:
    shop.put("/inner", f"<script>cueline('online', '{user}'); cueline('action', 'Counted', {{name: 'inner'}})</script>")
    page.goto(shop.put("/outer", '<iframe sandbox="allow-scripts" src="/inner"></iframe>', tag=""))
    installation.expect(user, ["inner"])
    assert page.evaluate("Object.keys(window).includes('cueline')") is False


def test_a_frame_with_the_tag_is_an_instance_of_its_own(
    page: Page, shop: Shopfront, installation: Installation, user: str
) -> None:
    """The same site in both: one visitor, but what stands in the address of one is none of the other's business."""
    shop.put("/inner", "<script>cueline('action', 'Counted', {name: 'inner'})</script>")
    url = shop.put("/outer", f'<iframe src="/inner{LINK.replace("3Dlink", "3Dframed")}"></iframe>')
    try_out(page, url, user)
    frame = page.frames[1]
    assert frame.evaluate("cueline != parent.cueline")
    frame.wait_for_function("!location.hash")
    frame.evaluate("cueline('flush')")
    installation.expect(user, ["link", "action", "inner", "framed"])


HTML = """
<button id="pay" data-cl-action="Counted" data-cl-name="button" data-cl-amount="12" data-cl-promo-code="007">
<b>Pay</b></button>
<a id="link" href="#there" data-cl-action="Counted" data-cl-name="a">There</a>
<form id="form" action="javascript:void 0" data-cl-action="Counted" data-cl-name="form">
<button id="send">Send</button></form>
<a id="deep" href="#" data-cl-dp="dp:action&amp;action=Counted&amp;name=deep">Deep</a>
"""


def test_html_alone_reports_clicks_and_forms(
    page: Page, shop: Shopfront, installation: Installation, user: str
) -> None:
    shop.proxy()
    page.goto(shop.put("/html", HTML))
    page.wait_for_function("!!cueline.run")
    page.evaluate(LOG_IN, user)
    for target in ("#pay b", "#link", "#send", "#deep"):
        page.click(target)
    page.evaluate("cueline('flush')")
    installation.expect(user, ["button", "a", "form", "deep"])
    sent = [event["payload"] for body in shop.collected() for event in json.loads(body)["events"]]
    [payload] = [payload for payload in sent if payload.get("name") == "button"]
    assert payload == {"client_action": "Counted", "name": "button", "amount": 12, "promo_code": "007"}


FLOOD = """() => {
    const since = performance.now()
    for (let i = 0; i < 10000; i++) cueline.action('Counted', {name: 'f' + i})
    return performance.now() - since
}"""


@pytest.mark.timeout(300)
def test_ten_thousand_calls_in_one_task_keep_the_newest_and_count_the_others(
    page: Page, shop: Shopfront, installation: Installation, user: str
) -> None:
    shop.proxy()
    page.goto(shop.url)
    page.wait_for_function("!!cueline.run")
    page.evaluate(LOG_IN, user)
    page.evaluate("cueline.flush()")
    assert page.evaluate(FLOOD) < 20_000
    page.evaluate("cueline.flush()")
    kept = installation.settled(user, at_least=900)
    dropped = sum(payload["count"] for payload in installation.payloads(user, "events_dropped"))
    assert len(kept) == len(set(kept)) <= 1_000
    assert (set(kept) >= {f"f{number}" for number in range(9_100, 10_000)}, len(kept) + dropped) == (True, 10_000)


CLOCKS = {
    "frozen": "const now = Date.now(); Date.now = () => now; performance.now = () => 5",
    "jumping": "const own = Date.now; let n = 0; Date.now = () => own() + [0, 5, -5][n++ % 3] * 36e5",
    "years ahead": "const own = Date.now; Date.now = () => own() + 9e11",
}


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_clock_that_is_wrong_costs_no_event(
    page: Page, shop: Shopfront, installation: Installation, user: str, clock: str
) -> None:
    try_out(page, shop.put("/clock", head=f"<script>{CLOCKS[clock]}</script>"), user)
    page.reload()
    page.evaluate("cueline('action', 'Counted', {name: 'reloaded'})")
    page.evaluate("cueline('flush')")
    installation.expect(user, ["link", "action", "reloaded"])
