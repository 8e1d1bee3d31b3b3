"""The recipes of docs/sdk do what they say: each is taken from its document and run in Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from cueline.config import Settings
from cueline.snippet import tag
from tests.sdk.npm import SDK, Consumer, install
from tests.sdk.receiver import KEY, Receiver
from tests.sdk.site import Site, site_of

DOCS = SDK.parents[1] / "docs" / "sdk"
LINK = "#_dp=dp%3Ainbox"
NAME = re.compile(r"// ([\w-]+\.jsx?)$", re.MULTILINE)
# What the frameworks' own build tools define.
DEFINED = {
    "process.env.NODE_ENV": '"production"',
    "__VUE_OPTIONS_API__": "true",
    "__VUE_PROD_DEVTOOLS__": "false",
    "__VUE_PROD_HYDRATION_MISMATCH_DETAILS__": "false",
}

pytestmark = [pytest.mark.browser, pytest.mark.node]


@pytest.fixture
def site(receiver: Receiver) -> Iterator[Site]:
    with site_of(Settings(), receiver) as site:
        yield site


@pytest.fixture(scope="module")
def consumer(node: str, tmp_path_factory: pytest.TempPathFactory) -> Consumer:
    if not (SDK / "node_modules" / "vue").is_dir():
        pytest.skip("static/sdk/node_modules is not whole: `npm ci --prefix static/sdk`")
    return install(tmp_path_factory.mktemp("recipes"), node)


def blocks(heading: str, language: str, *, document: str = "recipes.md") -> list[str]:
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", (DOCS / document).read_text(), re.MULTILINE | re.DOTALL)
    assert section is not None
    return re.findall(rf"^```{language}\n(.*?)^```$", section[1], re.MULTILINE | re.DOTALL)


def ours(text: str, site: Site) -> str:
    """With the address and key of the test instead of those of the example."""
    assert "wk_…" in text or "cueline.shop.example" not in text
    return text.replace("https://cueline.shop.example", site.url).replace("wk_…", KEY)


def built(consumer: Consumer, site: Site, heading: str, entry: str, folder: Path) -> str:
    """The bundle of a recipe of several files, each named by its first line."""
    project = consumer.home / folder.name
    project.mkdir()
    for code in (code for language in ("js", "jsx") for code in blocks(heading, language)):
        name = NAME.match(code)
        assert name is not None
        (project / name[1]).write_text(ours(code, site))
    options = ("--jsx=automatic", "--loader:.js=jsx", *(f"--define:{name}={value}" for name, value in DEFINED.items()))
    return consumer.bundle(f"import './{folder.name}/{entry}'", *options)


def types(site: Site) -> list[str]:
    return [event["type"] for event in site.receiver.events()]


def told(site: Site) -> list[tuple[str, object]]:
    """Each event but pages, with who did it."""
    events = [event for event in site.receiver.events() if event["type"] != "page"]
    return [(event["type"], (event["user"] or {}).get("id")) for event in events]


def test_plain_html(page: Page, site: Site) -> None:
    [text] = blocks("Plain HTML", "html")
    site.page("inbox", path="/inbox")
    address = site.page(text.replace("<!-- the tag that `cueline snippet` printed -->", tag(site.url, KEY)))
    page.goto(address + LINK)
    page.wait_for_url("**/inbox")
    page.goto(address)
    page.click("text=Pay")
    page.click("text=3 messages")
    page.wait_for_url("**/inbox")
    page.goto(address)
    site.receiver.wait_for(lambda: len(told(site)) >= 4)
    assert sorted(told(site), key=str) == [
        ("client_action", "42"),
        ("deep_link", "42"),
        ("deep_link", None),
        ("login", "42"),
    ]
    [action] = site.receiver.events("client_action")
    assert action["payload"] == {"client_action": "CashierSubmitClicked", "amount": 12}


def test_react_with_its_router(page: Page, site: Site, consumer: Consumer, tmp_path: Path) -> None:
    bundle = built(consumer, site, "React", "main.jsx", tmp_path)
    page.goto(site.page(f"</head><body><div id=root></div><script>{escaped(bundle)}</script>") + LINK)
    page.wait_for_url("**/page")
    assert page.inner_text("h1") == "Shop"
    page.click("text=Log in")
    page.wait_for_selector("text=Inbox")
    page.click("text=Basket")
    page.click("text=Pay")
    page.click("text=Log out")
    site.receiver.wait_for(lambda: site.receiver.events("logout"))
    page.go_back()
    page.wait_for_selector("text=Inbox")
    page.evaluate("cueline.flush()")
    ada = "ada"
    assert told(site) == [("deep_link", None), ("login", ada), ("client_action", ada), ("logout", ada)]
    assert "_dp" not in page.url


@pytest.mark.parametrize("is_bundled", [True, False])
def test_vue_with_its_router(page: Page, site: Site, consumer: Consumer, tmp_path: Path, is_bundled: bool) -> None:
    """By the plugin, and with the tag, whose core comes after the router has read the link."""
    bundle = built(consumer, site, "Vue", "main.js", tmp_path)
    head = "" if is_bundled else tag(site.url, KEY)
    page.goto(site.page(f"{head}</head><body><div id=app></div><script>{escaped(bundle)}</script>") + LINK)
    page.wait_for_selector("text=Pay")
    page.wait_for_url("**/page")
    page.evaluate("cueline('on', 'deep_link', ({ verb }) => (document.title = verb))")
    page.click("text=Pay")
    page.click("text=Inbox")
    page.wait_for_selector("h1")
    page.go_back()
    page.wait_for_selector("text=Pay")
    page.evaluate("cueline.online('ada')")
    page.wait_for_function("document.title == 'inbox'")
    page.evaluate("cueline.flush()")
    assert told(site) == [("deep_link", None), ("client_action", None), ("login", "ada")]
    assert "_dp" not in page.url


def test_google_tag_manager_that_makes_the_elements_anew(page: Page, site: Site) -> None:
    """As it does: late, each script as a new element, with no attribute but those it knows."""
    pasted, later = ours(blocks("Google Tag Manager", "html")[0], site), "cueline('action', 'LATER')"
    page.goto(site.page("") + "#_dp=dp%3Aaction%26action%3DLINKED")
    page.evaluate(
        """([pasted, later]) => {
          const template = document.createElement('template')
          template.innerHTML = pasted + `<script>${later}</script>`
          for (const { text, src, async } of template.content.querySelectorAll('script')) {
            document.body.append(Object.assign(document.createElement('script'), src ? { src, async } : { text }))
          }
        }""",
        [pasted, later],
    )
    site.receiver.wait_for(lambda: site.receiver.actions() == ["LATER"])
    assert types(site) == ["deep_link", "client_action"]


def test_logging_in_and_out_within_a_page(page: Page, site: Site) -> None:
    user = '{"id": "42", "cueline_hash": "1.x", "first_name": "Ada"}'
    page.route("**/login", lambda route: route.fulfill(content_type="application/json", body=user))
    site.page("gone", path="/logout")
    [code] = blocks("Logging in", "js")
    page.goto(site.page(tag(site.url, KEY) + f"<script>{code}</script>"))
    page.evaluate("cueline('action', 'BEFORE')")
    assert page.evaluate("logIn('ada', 'secret')")
    page.evaluate("logOut()")
    page.wait_for_url("**/logout")
    assert told(site) == [("client_action", None), ("login", "42"), ("logout", "42")]
    assert site.receiver.events("login")[0]["user"] == {"id": "42", "hash": "1.x"}


CMPS = {
    "tcf": (
        0,
        "window.__tcfapi = (_, __, listen) => (window.choose = (yes) => listen({eventStatus: 'useractioncomplete', "
        "gdprApplies: true, purpose: {consents: {1: yes, 8: yes, 10: yes}}}, true))",
    ),
    "cookiebot": (
        1,
        "window.choose = (yes) => { window.Cookiebot = {consent: {statistics: yes}}; "
        "dispatchEvent(new Event(yes ? 'CookiebotOnAccept' : 'CookiebotOnDecline')) }",
    ),
}


@pytest.mark.parametrize("is_granted", [True, False])
@pytest.mark.parametrize("cmp", CMPS)
def test_a_consent_dialog(page: Page, site: Site, cmp: str, is_granted: bool) -> None:
    number, dialog = CMPS[cmp]
    code = blocks("Consent", "js", document="privacy.md")[number]
    pending = tag(site.url, KEY, options={"consent": "pending"})
    page.goto(site.page(f"{pending}<script>{dialog}</script><script>{code}</script>"))
    page.wait_for_function("!!cueline.run")
    page.evaluate("cueline('action', 'EARLY')")
    page.wait_for_timeout(400)
    assert (page.evaluate("localStorage.length"), site.receiver.envelopes) == (0, [])
    page.evaluate(f"choose({str(is_granted).lower()}); cueline('action', 'AFTER')")
    if is_granted:
        site.receiver.wait_for(lambda: site.receiver.actions() == ["EARLY", "AFTER"])
    else:
        page.wait_for_timeout(600)
        assert (page.evaluate("localStorage.length"), site.receiver.envelopes) == (0, [])


def escaped(script: str) -> str:
    """May stand in a script element."""
    return script.replace("</script", "<\\/script")
