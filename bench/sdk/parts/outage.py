"""The server is gone for 20 s and 15 calls are made, one a second: is each event there once, how soon after the server
is back, after how many requests. Gone: its port refuses, or it answers 503. And: it is gone, five calls, the tab is
closed, the server comes back, the visitor opens the page anew."""

from __future__ import annotations

import asyncio
import time
from typing import Final, Literal

from playwright.async_api import Page

from bench.sdk.product import Product
from bench.sdk.report import Bar, Figures
from bench.sdk.sink import Sink
from bench.sdk.stage import Stage, until

CALLS: Final = 15
AFTER_CLOSING: Final = 5
_GONE_S: Final = 20.0
_PATIENCE_S: Final = 60.0
Kind = Literal["refused", "503"]


async def run(stage: Stage, *, rounds: int) -> list[Bar]:
    bars: list[Bar] = []
    kinds: tuple[Kind, ...] = ("refused", "503")
    for kind in kinds:
        found = await asyncio.gather(*(_once(stage, one, kind) for one in stage.products))
        bars += _bars(stage, kind, found)
    closed = await asyncio.gather(*(_closed(stage, one) for one in stage.products))
    figures: dict[str, Figures] = {one.name: [count] for one, count in zip(stage.products, closed, strict=True)}
    what = "outage, tab closed, new page: arrived"
    return [*bars, Bar(what, "", figures, least=AFTER_CLOSING, out_of=AFTER_CLOSING)]


def _bars(stage: Stage, kind: Kind, found: list[tuple[float, float, float, float]]) -> list[Bar]:
    names = [one.name for one in stage.products]

    def column(index: int) -> dict[str, Figures]:
        return {name: [one[index]] for name, one in zip(names, found, strict=True)}

    last = {name: [one[2]] if one[2] >= 0 else "never" for name, one in zip(names, found, strict=True)}
    return [
        Bar(f"20 s {kind}: arrived", "", column(0), least=CALLS, out_of=CALLS),
        Bar(f"20 s {kind}: counted twice", "", column(1), most=0),
        Bar(f"20 s {kind}: the last after the return", "s", last, most=12),
        Bar(f"20 s {kind}: requests", "", column(3), most=6),
    ]


async def _once(stage: Stage, product: Product, kind: Kind) -> tuple[float, float, float, float]:
    """How many arrived and count twice, seconds until the last, and requests since the outage began."""
    sink = stage.sink(product)
    async with stage.profile() as context:
        page = await stage.visit(context, product)
        sink.forget()
        sent: list[str] = []
        page.on(
            "request",
            lambda request: sent.append(request.url) if _is_report(sink, request.method, request.url) else None,
        )
        _go(sink, kind)
        await _call_each_second(page, product)
        back_s = _return(sink, kind)
        await until(lambda: len(sink.markers("out")) == CALLS, _PATIENCE_S)
        await asyncio.sleep(1)
    arrived = len(sink.markers("out"))
    last_s = sink.last_s("out") - back_s if arrived == CALLS else -1
    return arrived, sink.twice("out"), last_s, len(sent)


def _is_report(sink: Sink, method: str, url: str) -> bool:
    return method == "POST" and url.startswith(sink.origin)


async def _call_each_second(page: Page, product: Product) -> None:
    began_s = time.monotonic()
    for number in range(CALLS):
        await page.evaluate(f"() => void ({product.call})('out{number}')")
        await asyncio.sleep(max(0, began_s + number + 1 - time.monotonic()))
    await asyncio.sleep(max(0, began_s + _GONE_S - time.monotonic()))


def _go(sink: Sink, kind: Kind) -> None:
    if kind == "503":
        sink.status = 503
    else:
        sink.down()


def _return(sink: Sink, kind: Kind) -> float:
    if kind == "503":
        sink.status = 200
    else:
        sink.up()
    return time.monotonic()


async def _closed(stage: Stage, product: Product) -> float:
    sink = stage.sink(product)
    async with stage.profile() as context:
        page = await stage.visit(context, product)
        sink.forget()
        _go(sink, "refused")
        await page.evaluate(f"() => {{ for (let i = 0; i < {AFTER_CLOSING}; i++) ({product.call})('kept' + i) }}")
        await asyncio.sleep(2)
        await page.close()
        _return(sink, "refused")
        await stage.visit(context, product)
        await until(lambda: len(sink.markers("kept")) == AFTER_CLOSING, _PATIENCE_S / 2)
    return len(sink.markers("kept"))
