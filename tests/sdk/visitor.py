"""Plays a script in a browser profile of its own, and remembers which actions the browser has stored, and for whom."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Page

from tests.sdk.script import Step

# Whether the action stands in the storage, and who was the user then; it is asked in the task of the call.
ACT: Final = """([name, then]) => {
    const user = () => JSON.parse(localStorage['cueline.id'] ?? '{}').user?.id ?? null
    cueline.action('Counted', {name})
    const stored = Object.entries(localStorage)
        .some(([key, item]) => key.startsWith('cueline.q.') && item.includes(`"${name}"`))
    const found = [stored, user()]
    if (then == 'leave') location.href = '/left'
    if (then == 'log out') cueline.logout()
    return found
}"""
IN_STORE: Final = "Object.entries(localStorage).filter(([key]) => key.startsWith('cueline.q.')).length"
# Far more than a busy machine needs.
CLOSE_S: Final = 15
STEP_S: Final = 60
HOME_S: Final = 150


@dataclass
class Told:
    """`stored`: the actions whose storage write finished, and who was the user then. `problems`: what pages said."""

    stored: dict[str, str | None] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class Visitor:
    """One session. Steps that the state does not allow (nobody can crash a tab that is none) do nothing."""

    def __init__(self, context: BrowserContext, url: str, told: Told) -> None:
        self.context = context
        self.url = url
        self.told = told
        self._closed: set[Page] = set()
        self._burials: list[asyncio.Future[None]] = []
        context.on("page", self._watch)

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.told.problems.append(f"{error}"))
        page.on("console", self._hear)
        page.on("crash", self._bury)

    def _hear(self, message: ConsoleMessage) -> None:
        if not message.text.startswith("Failed to load resource"):  # the browser's own line
            self.told.problems.append(message.text)

    def _bury(self, page: Page) -> None:
        """A window shares its opener's renderer, and dies with it."""
        self._burials.append(asyncio.ensure_future(self._close(page)))

    async def _close(self, page: Page) -> None:
        """Playwright waits for ever, now and then, when a tab closes in the middle of a navigation."""
        self._closed.add(page)
        with contextlib.suppress(TimeoutError, Error):
            await asyncio.wait_for(page.close(), CLOSE_S)

    async def play(self, steps: list[Step]) -> None:
        for step in steps:
            with contextlib.suppress(Error):  # the page is gone, or the network: that is what the steps are for
                doing = getattr(self, step.verb)(await self._tab(step), step)
                await in_time(doing, STEP_S, f"{step} hangs, of {steps}")

    async def _tab(self, step: Step) -> Page:
        pages = [page for page in self.context.pages if page not in self._closed] or [await self._open("/")]
        return pages[step.tab % len(pages)]

    async def _open(self, path: str) -> Page:
        page = await self.context.new_page()
        with contextlib.suppress(Error):  # offline
            await page.goto(self.url + path, wait_until="commit")
        return page

    async def _act(self, page: Page, step: Step, then: str = "") -> None:
        is_stored, user = await page.evaluate(ACT, [step.name, then])
        if is_stored:
            self.told.stored[step.name] = user

    async def act(self, page: Page, step: Step) -> None:
        await self._act(page, step)

    async def act_and_leave(self, page: Page, step: Step) -> None:
        await self._act(page, step, "leave")

    async def act_and_close(self, page: Page, step: Step) -> None:
        await self._act(page, step)
        await self._close(page)

    async def act_and_crash(self, page: Page, step: Step) -> None:
        await self._act(page, step)
        await self.crash(page, step)

    async def act_and_log_out(self, page: Page, step: Step) -> None:
        await self._act(page, step, "log out")

    async def log_in(self, page: Page, step: Step) -> None:
        await page.evaluate("(user) => void cueline.online(user)", step.user)

    async def log_in_and_act(self, page: Page, step: Step) -> None:
        await self.log_in(page, step)
        await self._act(page, step)

    async def log_out(self, page: Page, step: Step) -> None:
        await page.evaluate("void cueline.logout()")

    async def open_link(self, page: Page, step: Step) -> None:
        """It counts as stored once it has left the address."""
        link = quote(f"dp:action&action=Counted&name={step.name}", safe="")
        await page.goto(f"{self.url}/landing#_dp={link}", wait_until="commit")
        await page.wait_for_function("!location.href.includes('_dp=')", timeout=2_000)
        self.told.stored[step.name] = None

    async def follow_link(self, page: Page, step: Step) -> None:
        await page.evaluate("(link) => void cueline.dp(link)", f"dp:action&action=Counted&name={step.name}")

    async def reload(self, page: Page, step: Step) -> None:
        await page.reload(wait_until="commit")

    async def navigate(self, page: Page, step: Step) -> None:
        await page.goto(f"{self.url}/{step.wait_ms}", wait_until="commit")

    async def go_back(self, page: Page, step: Step) -> None:
        await page.go_back(wait_until="commit", timeout=2_000)

    async def push_state(self, page: Page, step: Step) -> None:
        await page.evaluate("(path) => history.pushState({}, '', path)", f"/pushed/{step.wait_ms}")

    async def open_tab(self, page: Page, step: Step) -> None:
        await self._open("/tab")

    async def open_window(self, page: Page, step: Step) -> None:
        if page.url.startswith("http"):
            await page.evaluate("void window.open('/window')")

    async def crash(self, page: Page, step: Step) -> None:
        """The renderer dies, with all that it had in memory; not in the middle of a navigation."""
        session = await self.context.new_cdp_session(page)
        answer = asyncio.ensure_future(session.send("Page.crash"))
        death = asyncio.ensure_future(page.wait_for_event("crash", timeout=10_000))
        await asyncio.wait([answer, death], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(self._close(page), *self._burials, return_exceptions=True)
        await asyncio.gather(answer, death, return_exceptions=True)

    async def close_tab(self, page: Page, step: Step) -> None:
        await self._close(page)

    async def go_offline(self, page: Page, step: Step) -> None:
        await self.context.set_offline(True)

    async def go_online(self, page: Page, step: Step) -> None:
        await self.context.set_offline(False)

    async def wait(self, page: Page, step: Step) -> None:
        await asyncio.sleep(step.wait_ms / 1000)

    async def come_home(self, last: Step) -> None:
        """Everything has a user and was answered in the end."""
        await self.context.set_offline(False)
        page = await self._open("/home")
        await self._wait_for_core(page)
        await self.log_in_and_act(page, last)
        await page.evaluate("cueline.flush()")
        await page.wait_for_function(f"{IN_STORE} == 0", timeout=HOME_S * 1_000)

    async def _wait_for_core(self, page: Page) -> None:
        """The collector may be away just now."""
        while not await page.evaluate("!!window.cueline?.run"):
            await asyncio.sleep(0.3)
            with contextlib.suppress(Error):
                await page.goto(self.url + "/home", wait_until="load")


async def in_time(doing: Awaitable[None], seconds: float, message: str) -> None:
    try:
        await asyncio.wait_for(doing, seconds)
    except TimeoutError as error:
        raise AssertionError(message) from error


async def visit(browser: Browser, url: str, steps: list[Step], last: Step, told: Told) -> None:
    context = await browser.new_context()
    visitor = Visitor(context, url, told)
    await visitor.play(steps)
    await in_time(visitor.come_home(last), HOME_S, f"not all was sent in the end, after {steps}")
    await context.close()
