"""A page that comes back out of the back-forward cache goes on where it stood."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.sdk.installation import Installation
from tests.sdk.shopfront import Shopfront

pytestmark = [pytest.mark.browser, pytest.mark.redis]


@pytest.fixture
def caching_page(browser: Browser, chromium: str) -> Iterator[Page]:
    """In a browser of its own: Playwright's usual one has that cache switched off."""
    own = browser.browser_type.launch(executable_path=chromium, ignore_default_args=["--disable-back-forward-cache"])
    yield own.new_page()
    own.close()


def test_a_page_that_is_gone_back_to_is_restored_and_reports(
    caching_page: Page, shop: Shopfront, installation: Installation, user: str
) -> None:
    page = caching_page
    page.goto(
        shop.put("/first", "<script>addEventListener('pageshow', (e) => window.persisted = e.persisted)</script>")
    )
    page.wait_for_function("!!cueline.run")
    page.evaluate(
        "(user) => { window.mine = 1; cueline.online(user); cueline.action('Counted', {name: 'left'}) }", user
    )
    page.goto(shop.url + "/second")
    page.wait_for_function("!!cueline.run")
    page.evaluate("cueline.action('Counted', {name: 'second'})")
    page.go_back(wait_until="commit")
    page.wait_for_function("window.persisted")
    assert page.evaluate("window.mine") == 1
    page.evaluate("cueline.action('Counted', {name: 'back'})")
    page.evaluate("cueline.flush()")
    installation.expect(user, ["left", "second", "back"])
