"""What calls cost: 100 at once on a page that has just come (requests, preflights, bytes), then 100 more (time)."""

from __future__ import annotations

from typing import Final

from bench.sdk.product import Product
from bench.sdk.report import Bar, Figures
from bench.sdk.stage import Stage, quiet, until

CALLS: Final = 100
_PATIENCE_S: Final = 20.0


async def run(stage: Stage, *, rounds: int) -> list[Bar]:
    found: dict[str, list[tuple[float, ...]]] = {one.name: [] for one in stage.products}
    for _ in range(rounds):
        for product in stage.products:
            found[product.name].append(await _once(stage, product))
    columns = [_column(found, index) for index in range(5)]
    return [
        Bar("cost of a call", "µs", columns[0], most=20),
        Bar("burst: arrived", "", columns[1], least=CALLS, out_of=CALLS),
        Bar("burst: requests", "", columns[2], most=2),
        Bar("burst: preflights", "", columns[3], most=0),
        Bar("burst: bodies", "bytes", columns[4]),
    ]


def _column(found: dict[str, list[tuple[float, ...]]], index: int) -> dict[str, Figures]:
    return {name: [figures[index] for figures in rounds] for name, rounds in found.items()}


async def _once(stage: Stage, product: Product) -> tuple[float, ...]:
    sink = stage.sink(product)
    async with stage.profile() as context:
        page = await stage.visit(context, product)
        await quiet(sink, seconds=0.5, at_most_s=5)
        sink.forget()
        await page.evaluate(_calls(product, "burst"))
        await until(lambda: len(sink.markers("burst")) == CALLS, _PATIENCE_S)
        await quiet(sink, seconds=0.5, at_most_s=5)
        posts = [one.size for one in sink.requests if one.method == "POST"]
        arrived, preflights = len(sink.markers("burst")), len(sink.requests) - len(posts)
        spent_ms: float = await page.evaluate(_calls(product, "timed"))
        await until(lambda: len(sink.markers("timed")) == CALLS, _PATIENCE_S)
    return spent_ms * 1_000 / CALLS, arrived, len(posts), preflights, sum(posts)


def _calls(product: Product, prefix: str) -> str:
    return f"""() => {{
      const call = {product.call}
      const began = performance.now()
      for (let i = 0; i < {CALLS}; i++) call('{prefix}' + i)
      return performance.now() - began
    }}"""
