"""One Chromium, a shop that it visits, and a sink for each product."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

from playwright.async_api import Browser, BrowserContext, Page, Playwright

from bench.sdk.product import Product
from bench.sdk.sink import QuietServer, Sink

BLANK: Final = "/blank"
_AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
_FLAGS: Final = (
    "--disable-blink-features=AutomationControlled",  # products leave out browsers that say a program steers them
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing leaves this machine
)
READY_MS: Final = 20_000
"""How long a product may take to be there."""


@dataclass(slots=True)
class Stage:
    """`shop` is another origin than that of any sink."""

    playwright: Playwright
    browser: Browser
    shop: str
    sinks: Mapping[str, Sink]

    @property
    def products(self) -> list[Product]:
        return [sink.product for sink in self.sinks.values()]

    def sink(self, product: Product) -> Sink:
        return self.sinks[product.name]

    def address(self, product: Product) -> str:
        return f"{self.shop}/{product.name}"

    @contextlib.asynccontextmanager
    async def profile(self) -> AsyncIterator[BrowserContext]:
        """A visitor whom nobody has seen before."""
        context = await self.visitor()
        try:
            yield context
        finally:
            await context.close()

    async def visitor(self) -> BrowserContext:
        context = await self.browser.new_context(user_agent=_AGENT)
        context.set_default_timeout(READY_MS)
        return context

    async def visit(self, context: BrowserContext, product: Product) -> Page:
        """A page on which the product is there, and has said what it says unasked."""
        page = await context.new_page()
        await page.goto(self.address(product))
        await page.wait_for_function(f"!!({product.ready})")
        await asyncio.sleep(0.5)
        return page


def launch(playwright: Playwright, *flags: str) -> Any:
    return playwright.chromium.launch(executable_path=chromium(), args=[*_FLAGS, *flags])


def chromium() -> str:
    """Raises RuntimeError when there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            return found
    raise RuntimeError("There is no Chromium on PATH.")


async def until(ready: Callable[[], object], seconds: float) -> bool:
    """Whether it came true in time."""
    end_s = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end_s:
            return False
        await asyncio.sleep(0.02)
    return True


async def quiet(sink: Sink, *, seconds: float, at_most_s: float) -> None:
    """Waits until no request came for so long."""
    end_s = time.monotonic() + at_most_s
    while time.monotonic() < end_s:
        count = len(sink.requests)
        await asyncio.sleep(seconds)
        if len(sink.requests) == count:
            return


@contextlib.contextmanager
def shop(heads: Sequence[tuple[str, Callable[[], str]]]) -> Iterator[str]:
    """Serves `/<name>` with what that product has a page paste, and any other path without; gives its origin."""
    server = QuietServer(("127.0.0.1", 0), _pages(dict(heads)))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _pages(heads: Mapping[str, Callable[[], str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            head = heads.get(self.path.strip("/"), str)()
            page = f"<!doctype html><html><head><title>Shop</title>{head}</head><body>Shop</body></html>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    return Handler
