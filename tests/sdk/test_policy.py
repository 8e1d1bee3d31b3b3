"""What `cueline snippet` prints for strict pages, in Chromium: the policies let it work, and nothing else runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from cueline.config import Settings
from cueline.scripts import core
from cueline.snippet import policy, tag
from tests.sdk.receiver import KEY, Receiver
from tests.sdk.site import Site, site_of

pytestmark = pytest.mark.browser

TYPED = "require-trusted-types-for 'script'; trusted-types 'none'"
OURS = Settings(snippet_path="/s/shop.js", collect_path="/s/basket")


@pytest.fixture
def site(receiver: Receiver) -> Iterator[Site]:
    with site_of(Settings(), receiver) as site:
        yield site


def policy_of(site: Site, *more: str, integrity: str = "", nonce: str = "") -> str:
    settings = site.settings
    path, reports_to = settings.snippet_path, site.url + settings.collect_path
    lines = policy(site.url, path=path, reports_to=reports_to, integrity=integrity, nonce=nonce)
    return "; ".join(["default-src 'none'", *lines, *more])


def report(page: Page, site: Site, address: str) -> None:
    """The page opens and what it says arrives. Its fixture fails the test for any line in the console."""
    page.goto(address)
    page.wait_for_function("!!cueline.run")
    page.evaluate("cueline.action('ALLOWED')")
    site.receiver.wait_for(lambda: site.receiver.actions() == ["ALLOWED"])


def test_the_hash_and_the_folder_are_enough(page: Page, site: Site) -> None:
    site.policy = policy_of(site)
    report(page, site, site.page(tag(site.url, KEY)))


def test_a_nonce_is_enough(page: Page, site: Site) -> None:
    site.policy = policy_of(site, nonce="r4nd0m")
    report(page, site, site.page(tag(site.url, KEY, nonce="r4nd0m")))


@pytest.mark.parametrize("trust", ["", " 'strict-dynamic'"])
def test_two_hashes_are_enough_for_a_pinned_core(page: Page, site: Site, trust: str) -> None:
    script = core(Settings(), is_pinned=True)
    site.policy = policy_of(site, integrity=script.integrity).replace("; connect-src", f"{trust}; connect-src")
    report(page, site, site.page(tag(site.url, KEY, path=script.path, integrity=script.integrity)))


def test_trusted_types_need_no_policy_of_their_own(page: Page, site: Site) -> None:
    site.policy = policy_of(site, TYPED)
    report(page, site, site.page(tag(site.url, KEY)))


def test_the_stub_as_a_file_needs_no_hash(page: Page, site: Site) -> None:
    site.policy = f"default-src 'none'; script-src {site.url}/v1/; connect-src {site.url}/v1/collect; {TYPED}"
    head = f'<script src="{site.url}/v1/stub.js"></script>' + tag(site.url, KEY).split("</script>", 1)[1]
    report(page, site, site.page(head))


def test_bytes_that_are_not_the_pinned_ones_do_not_run(context: BrowserContext, site: Site) -> None:
    script = core(Settings(), is_pinned=True)
    page = context.new_page()  # the browser writes a line about it
    page.add_init_script("addEventListener('error', () => document.documentElement.classList.add('refused'), true)")
    page.goto(site.page(tag(site.url, KEY, path=script.path, integrity=script.integrity[:-4] + "AAAA")))
    page.wait_for_selector("html.refused", state="attached")
    assert page.evaluate("typeof cueline == 'function' && typeof cueline.run") == "undefined"


@pytest.mark.parametrize("prefix", ["", "/x/y"])
def test_paths_of_ones_own_are_all_that_is_asked_for(page: Page, receiver: Receiver, prefix: str) -> None:
    with site_of(OURS, receiver, prefix=prefix) as site:
        report(page, site, site.page(tag(site.url + prefix, KEY, path=OURS.snippet_path)))
        assert set(site.asked) - {"/page", "/favicon.ico"} == {f"{prefix}/s/shop.js", f"{prefix}/s/basket"}


@pytest.mark.parametrize("settings", [Settings(), OURS])
def test_a_pinned_core_knows_where_to_report(page: Page, receiver: Receiver, settings: Settings) -> None:
    with site_of(settings, receiver) as site:
        script = core(settings, is_pinned=True)
        report(page, site, site.page(tag(site.url, KEY, path=script.path, integrity=script.integrity)))
        assert set(site.asked) - {"/page", "/favicon.ico"} == {script.path, settings.collect_path}
