"""10,000 calls in one task: does the page live, how long is it frozen, what arrives, what does the product say it
dropped. Each product has a Chromium of its own, which is ended when its memory passes a limit."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, CDPSession, Error, Page

from bench.sdk.product import Product
from bench.sdk.report import Bar, Figures
from bench.sdk.stage import Stage, launch, quiet

CALLS: Final = 10_000
KEPT: Final = 1_000
"""The cap of our queue."""
_FROZEN_S: Final = 60.0
_SETTLED_S: Final = 30.0
_LIMIT_S: Final = 150.0
_MOST_MB: Final = 3_000
_LIMITS: Final = ("--js-flags=--max-old-space-size=1024",)
_LONGEST: Final = """() => {
  window.longest = 0
  new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => {
    window.longest = Math.max(window.longest, duration)
  })).observe({ type: 'longtask' })
}"""


@dataclass(slots=True)
class _Found:
    longest_ms: list[float] | str
    arrived: float = 0
    dropped: float = 0


async def run(stage: Stage, *, rounds: int) -> list[Bar]:
    found = {one.name: await _once(stage, one) for one in stage.products}
    longest: dict[str, Figures] = {name: one.longest_ms for name, one in found.items()}
    arrived: dict[str, Figures] = {name: [one.arrived] for name, one in found.items()}
    told: dict[str, Figures] = {name: [one.arrived + one.dropped] for name, one in found.items()}
    return [
        Bar("10,000 calls in one task: longest task", "ms", longest),
        Bar("10,000 calls: arrived", "", arrived, least=KEPT),
        Bar("10,000 calls: arrived or told as dropped", "", told, least=CALLS),
    ]


async def _once(stage: Stage, product: Product) -> _Found:
    sink, found = stage.sink(product), _Found("hung")
    async with _chromium(stage) as browser:
        with contextlib.suppress(TimeoutError):
            found.longest_ms = await asyncio.wait_for(_flood(stage, browser, product), _LIMIT_S)
    found.arrived, found.dropped = len(sink.markers("flood")), sink.dropped()
    return found


async def _flood(stage: Stage, browser: Browser, product: Product) -> list[float] | str:
    """The context is not closed: that waits for pages which are frozen. It ends with its browser."""
    sink, inner = stage.sink(product), Stage(stage.playwright, browser, stage.shop, stage.sinks)
    page = await inner.visit(await inner.visitor(), product)
    sink.forget()
    task = await _flooded(page, product)
    await quiet(sink, seconds=4, at_most_s=_SETTLED_S)
    return await _longest(page, task)


@contextlib.asynccontextmanager
async def _chromium(stage: Stage) -> AsyncIterator[Browser]:
    """One that is ended by force when it does not end by itself."""
    browser: Browser = await launch(stage.playwright, *_LIMITS)
    session = await browser.new_browser_cdp_session()
    main = next(one["id"] for one in await _processes(session) if one["type"] == "browser")
    guard = asyncio.create_task(_guard(session))
    try:
        yield browser
    finally:
        guard.cancel()
        try:
            await asyncio.wait_for(browser.close(), 10)
        except (TimeoutError, Error):
            with contextlib.suppress(ProcessLookupError):
                os.kill(main, signal.SIGKILL)


async def _flooded(page: Page, product: Product) -> list[float] | str:
    """Milliseconds of the task with the calls, or how it ended."""
    calls = f"""() => {{
      const call = {product.call}
      const began = performance.now()
      for (let i = 0; i < {CALLS}; i++) call('flood' + i)
      return performance.now() - began
    }}"""
    await page.evaluate(_LONGEST)
    try:
        return [float(await asyncio.wait_for(page.evaluate(calls), _FROZEN_S))]
    except TimeoutError:
        return "frozen"
    except Error:
        return "crashed"


async def _longest(page: Page, task: list[float] | str) -> list[float] | str:
    """The tasks that follow may be longer."""
    if isinstance(task, str):
        return task
    try:
        return [max(task[0], float(await asyncio.wait_for(page.evaluate("longest"), _FROZEN_S)))]
    except TimeoutError:
        return "frozen"
    except Error:
        return "crashed"


async def _guard(session: CDPSession) -> None:
    """Ends each page's process that takes more memory than a machine can spare."""
    while True:
        for process in await _processes(session):
            if process["type"] == "renderer" and _resident_mb(process["id"]) > _MOST_MB:
                os.kill(process["id"], signal.SIGKILL)
        await asyncio.sleep(0.2)


async def _processes(session: CDPSession) -> list[Any]:
    found: list[Any] = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
    return found


def _resident_mb(process: int) -> float:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except FileNotFoundError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
