"""Calls that a page makes before the script is there: it comes late, or the visitor leaves before it ever comes."""

from __future__ import annotations

import asyncio
from typing import Final

from playwright.async_api import BrowserContext, Page

from bench.sdk.product import Product
from bench.sdk.report import Bar, Figures
from bench.sdk.stage import BLANK, Stage, until

CALLS: Final = 3
_LATE_S: Final = 1.5
_NEVER_S: Final = 30.0
_PATIENCE_S: Final = 12.0


async def run(stage: Stage, *, rounds: int) -> list[Bar]:
    late = await asyncio.gather(*(_late(stage, one) for one in stage.products))
    left = await asyncio.gather(*(_left(stage, one) for one in stage.products))
    return [_bar(stage, "the script is late", late), _bar(stage, "the visitor leaves before it comes", left)]


def _bar(stage: Stage, what: str, found: list[float | str]) -> Bar:
    names = [one.name for one in stage.products]
    figures: dict[str, Figures] = {
        name: one if isinstance(one, str) else [one] for name, one in zip(names, found, strict=True)
    }
    return Bar(f"calls before load, {what}", "", figures, least=CALLS, out_of=CALLS)


async def _late(stage: Stage, product: Product) -> float | str:
    if not product.is_stub:
        return "no stub"
    sink = stage.sink(product)
    sink.forget()
    async with stage.profile() as context:
        await _call_early(stage, context, product, delay_s=_LATE_S)
        await until(lambda: len(sink.markers("early")) == CALLS, _PATIENCE_S)
    return len(sink.markers("early"))


async def _left(stage: Stage, product: Product) -> float | str:
    """He leaves for a page without the product, and comes back later, when the script is there at once."""
    if not product.is_stub:
        return "no stub"
    sink = stage.sink(product)
    sink.forget()
    async with stage.profile() as context:
        page = await _call_early(stage, context, product, delay_s=_NEVER_S)
        await page.goto(stage.shop + BLANK)
        sink.script_delay_s = 0
        await page.goto(stage.address(product), wait_until="commit")
        await page.wait_for_function(f"!!({product.ready})")
        await until(lambda: len(sink.markers("early")) == CALLS, _PATIENCE_S)
    return len(sink.markers("early"))


async def _call_early(stage: Stage, context: BrowserContext, product: Product, *, delay_s: float) -> Page:
    sink = stage.sink(product)
    sink.script_delay_s = delay_s
    page = await context.new_page()
    await page.goto(stage.address(product), wait_until="commit")
    await page.wait_for_function("document.body")
    await page.evaluate(f"() => {{ for (let i = 0; i < {CALLS}; i++) ({product.call})('early' + i) }}")
    return page
