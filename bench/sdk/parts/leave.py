"""A call and, in the same breath, the visitor is gone for ever: to another page without the product, or with his tab.
Only what arrives by itself counts. Also on a network where each answer, a preflight's too, takes 300 ms."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

from bench.sdk.product import Product
from bench.sdk.report import Bar, Figures
from bench.sdk.stage import BLANK, Stage, until

_SLOW_S: Final = 0.3
_PATIENCE_S: Final = 5.0
_AT_ONCE: Final = 4
"""Products that are measured at the same time."""


async def run(stage: Stage, *, rounds: int) -> list[Bar]:
    turns = asyncio.Semaphore(_AT_ONCE)

    async def measure(product: Product) -> list[float]:
        async with turns:
            return await _all(stage, product, rounds=rounds)

    found = await asyncio.gather(*(measure(one) for one in stage.products))
    cases = ["navigation", "tab closed", "navigation, 300 ms", "tab closed, 300 ms"]
    return [_bar(stage, case, [one[index] for one in found], rounds) for index, case in enumerate(cases)]


def _bar(stage: Stage, case: str, arrived: Sequence[float], rounds: int) -> Bar:
    figures: dict[str, Figures] = {one.name: [count] for one, count in zip(stage.products, arrived, strict=True)}
    return Bar(f"{case} right after the call", "", figures, least=rounds, out_of=rounds)


async def _all(stage: Stage, product: Product, *, rounds: int) -> list[float]:
    found = []
    for delay_s in (0, _SLOW_S):
        stage.sink(product).delay_s = delay_s
        for is_closed in (False, True):
            found.append(await _arrived(stage, product, is_closed=is_closed, rounds=rounds))
    stage.sink(product).delay_s = 0
    return found


async def _arrived(stage: Stage, product: Product, *, is_closed: bool, rounds: int) -> float:
    sink = stage.sink(product)
    sink.forget()
    async with AsyncExitStack() as profiles:
        for number in range(rounds):
            context = await profiles.enter_async_context(stage.profile())
            page = await stage.visit(context, product)
            leave = "" if is_closed else f"location.href = '{stage.shop}{BLANK}'"
            await page.evaluate(f"() => {{ ({product.call})('leave{number}'); {leave} }}")
            if is_closed:
                await page.close()
        await until(lambda: len(sink.markers("leave")) == rounds, _PATIENCE_S)
    return len(sink.markers("leave"))
