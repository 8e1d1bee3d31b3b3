"""The tag that `cueline snippet` prints, on a page of another site."""

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.shop import Shop
from tests.e2e.stack import Stack, eventually

pytestmark = [pytest.mark.browser, pytest.mark.redis]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(home: Path) -> Iterator[str]:
    """The address of a site on a port of its own, so of another origin; its pages are files in `home`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(home))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def page(tag: str) -> str:
    """The calls come right after the tag, before the script has loaded."""
    calls = "cueline('online', 'away', {properties: {first_name: 'Ann'}}); cueline('action', 'ClickedAway', {n: 1})"
    icon = '<link rel="icon" href="data:,">'
    return f"<!doctype html><head>{icon}{tag}</head><script>{calls}</script>"


def test_the_printed_tag_works_where_it_is_pasted(stack: Stack, context: BrowserContext, site: str, home: Path) -> None:
    (home / "index.html").write_text(page(stack.run("snippet").stdout))
    shop = Shop(context, site)
    shop.open("/index.html")
    (event,) = eventually(lambda: stack.events(user="away", action="ClickedAway"))
    assert (event["source"], event["payload"]["n"]) == ("browser", 1)
    assert stack.get("/api/v1/users/away")["properties"]["first_name"] == "Ann"
    assert shop.said == []


def test_a_revoked_or_wrong_key_is_asked_about_once_and_throws_nothing(
    stack: Stack, context: BrowserContext, site: str, home: Path
) -> None:
    (home / "index.html").write_text(page(stack.run("snippet").stdout.replace("wk_e2e", "wk_wrong")))
    shop = Shop(context, site)
    with context.expect_event("response", lambda response: response.url.endswith("/v1/collect")) as answered:
        tab = shop.open("/index.html")
    assert answered.value.status == 401
    eventually(lambda: shop.is_all_sent(tab))
    # The browser writes a line of its own for the answer 401; the snippet adds none.
    assert [line for line in shop.said if "status of 401" not in line] == []
    assert len(shop.said) == 1
