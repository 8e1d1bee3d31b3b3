"""What it costs a page that the product is there: its program is compiled, evaluated and started in one task, in a
fresh profile; then a second in which it may go on. Products take turns."""

from __future__ import annotations

import asyncio
from typing import Final

from playwright.async_api import CDPSession

from bench.sdk.product import Product
from bench.sdk.report import Bar, Figures
from bench.sdk.stage import BLANK, Stage

# As a script element, because compiling is a part of it; the text is there already, because loading is not.
_EVALUATE: Final = """([text, start, attributes]) => {
  const script = document.createElement('script')
  for (const name in attributes) script.setAttribute(name, attributes[name])
  script.textContent = text + ';\\n' + start
  const began = performance.now()
  document.head.append(script)
  return performance.now() - began
}"""
_AFTER_S: Final = 1.0


async def run(stage: Stage, *, rounds: int) -> list[Bar]:
    tasks: dict[str, list[float]] = {one.name: [] for one in stage.products}
    whole: dict[str, list[float]] = {one.name: [] for one in stage.products}
    for number in range(rounds + 1):
        for product in stage.products:
            task_ms, whole_ms = await _once(stage, product)
            # The first round warms the browser up.
            tasks[product.name] += [task_ms] if number else []
            whole[product.name] += [whole_ms] if number else []
    return [_bar("evaluate + init", tasks, 1.2), _bar("main thread, with the second after", whole, None)]


def _bar(what: str, found: dict[str, list[float]], most_ratio: float | None) -> Bar:
    figures: dict[str, Figures] = dict(found)
    return Bar(what, "ms", figures, most_ratio=most_ratio, beside="umami")


async def _once(stage: Stage, product: Product) -> tuple[float, float]:
    origin = stage.sink(product).origin
    async with stage.profile() as context:
        page = await context.new_page()
        await page.goto(stage.shop + BLANK)
        session = await context.new_cdp_session(page)
        await session.send("Performance.enable")
        await asyncio.sleep(0.2)
        before_ms = await _busy_ms(session)
        given = [product.evaluated, product.start(origin), dict(product.attributes(origin))]
        task_ms: float = await page.evaluate(_EVALUATE, given)
        await asyncio.sleep(_AFTER_S)
        return task_ms, await _busy_ms(session) - before_ms


async def _busy_ms(session: CDPSession) -> float:
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration")) * 1_000
