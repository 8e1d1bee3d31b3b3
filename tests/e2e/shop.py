"""The demo shop as a visitor uses it: one browser profile, any number of tabs."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page

LINK = "/demo/deposit.html#_dp=dp%3Aaction%26action%3DDEPOSIT_OPENED"


class Shop:
    """`said`: what stood in the consoles of its tabs, errors and warnings."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.said: list[str] = []

    def open(self, path: str, *, tab: Page | None = None) -> Page:
        """In a new tab, or in the one given."""
        page = tab or self._new_tab()
        page.goto(self.url + path)
        return page

    def _new_tab(self) -> Page:
        page = self.context.new_page()
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self._hear("error", str(error)))
        return page

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.said.append(text)

    def log_in(self, tab: Page, user: str, email: str = "ada@example.com") -> None:
        """On the shop's own page for it; it goes on to the front page, logged in."""
        self.open("/demo/login.html", tab=tab)
        tab.fill("#user-id", user)
        tab.fill("#email", email)
        tab.click("#login")
        tab.wait_for_url("**/demo/index.html*")

    def is_all_sent(self, tab: Page) -> bool:
        """Whether the collector has answered everything that this profile had to report."""
        kept = "Object.keys(localStorage).filter((key) => key.startsWith('cueline.q.')).length"
        return bool(tab.evaluate(kept) == 0)

    def visitor_id(self, tab: Page) -> str:
        found: str = tab.evaluate("new Promise((ok) => cueline('on', 'init', (detail) => ok(detail.visitor_id)))")
        return found
