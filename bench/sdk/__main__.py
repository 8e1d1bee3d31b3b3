"""`make bench-sdk`, or `python -m bench.sdk [--quick] [PART …]`: the snippet beside its peers, in Chromium.
Parts: size, init, calls, before, leave, outage, flood."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from playwright.async_api import async_playwright
from rich.console import Console

from bench.sdk.parts import before, calls, flood, init, leave, outage, size
from bench.sdk.product import Product
from bench.sdk.products.packages import are_there
from bench.sdk.products.registry import products
from bench.sdk.report import Bar, show
from bench.sdk.sink import serving
from bench.sdk.stage import Stage, launch, shop


@dataclass(frozen=True, slots=True)
class _Part:
    """`rounds` in full, and quickly. What takes longer than `limit_s` hangs, and is given up."""

    title: str
    run: Callable[..., Awaitable[list[Bar]]]
    rounds: int
    fewer: int
    limit_s: float


PARTS: Final = {
    "size": _Part("Size, gzip -9", size.run, 1, 1, 60),
    "init": _Part("What it costs a page that it is there", init.run, 9, 3, 900),
    "calls": _Part("What calls cost", calls.run, 5, 2, 900),
    "before": _Part("Calls before the script is there", before.run, 1, 1, 300),
    "leave": _Part("Leaving right after a call", leave.run, 10, 3, 900),
    "outage": _Part("The server is gone", outage.run, 1, 1, 600),
    "flood": _Part("A flood of calls", flood.run, 1, 1, 900),
}


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _asked(arguments)
    if not are_there():
        print("The peers are not there: `make bench-sdk` fetches them, with npm (bench/sdk).", file=sys.stderr)
        return 3
    # So that Chromium is ended when we are asked to end, not only after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    return asyncio.run(_run(asked))


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.sdk", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("parts", nargs="*", help=f"some of: {', '.join(PARTS)}; without: all")
    asked = parser.parse_args(arguments)
    asked.parts = asked.parts or list(PARTS)
    unknown = [name for name in asked.parts if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    return asked


async def _run(asked: argparse.Namespace) -> int:
    """Exit code 1: a bar was missed."""
    console = Console(width=None if sys.stdout.isatty() else 150)
    found = products()
    missed: list[str] = []
    with ExitStack() as stack:
        sinks = {one.name: stack.enter_context(serving(one)) for one in found}
        heads = [(one.name, _head(one, sinks[one.name].origin)) for one in found]
        origin = stack.enter_context(shop(heads))
        async with async_playwright() as playwright:
            browser = await launch(playwright)
            console.print(_machine(browser.version))
            console.print(", ".join(f"{one.name} {one.version}" for one in found) + "\n")
            for name in asked.parts:
                missed += await _part(Stage(playwright, browser, origin, sinks), PARTS[name], console, asked.quick)
            await browser.close()
        for sink in sinks.values():
            for text in sink.unread[:3]:
                console.print(f"{sink.product.name} sent what was not understood: {text}", markup=False)
    console.print(f"Missed: {'; '.join(missed)}" if missed else "Every bar held.")
    return 1 if missed else 0


def _head(product: Product, origin: str) -> Callable[[], str]:
    return lambda: product.head(origin)


async def _part(stage: Stage, part: _Part, console: Console, is_quick: bool) -> list[str]:
    """What was missed."""
    load, began_s = os.getloadavg()[0], time.monotonic()
    try:
        bars = await asyncio.wait_for(part.run(stage, rounds=part.fewer if is_quick else part.rounds), part.limit_s)
    except TimeoutError:
        console.print(f"{part.title}: given up after {part.limit_s:.0f} s\n")
        return [part.title]
    show(console, part.title, bars)
    console.print(f"took {time.monotonic() - began_s:.0f} s; load before it {load:.1f} on {os.cpu_count()} cores\n")
    return [bar.what for bar in bars if bar.holds is False]


def _machine(chromium: str) -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Chromium {chromium}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
