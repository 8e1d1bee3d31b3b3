"""Redis stops while somebody is on a page: the snippet keeps what he does, and delivers it when Redis is back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response

from tests.conftest import free_port
from tests.e2e.stack import eventually
from tests.faults.house import House, lived_in
from tests.faults.site import COUNTED, Site

pytestmark = [pytest.mark.redis, pytest.mark.browser]

# What no answer has confirmed: an item for each event, its last line is the event.
KEPT = """Object.entries(localStorage).filter(([key]) => key.startsWith('cueline.q.'))
    .map(([, text]) => JSON.parse(text)[2])"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    port = free_port()
    address = {"CUELINE_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'cueline.db'}", {"campaigns": [COUNTED]}, **address)
    with lived_in(site, port=port) as house:
        yield house


class Visitor:
    """One browser profile; `refused` has the answers that put him off."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self._context = context
        self._url = url
        self.refused: list[Response] = []

    def open(self) -> Page:
        page = self._context.new_page()
        page.on("response", lambda answer: self.refused.append(answer) if answer.status != 202 else None)
        page.goto(f"{self._url}/demo/index.html")
        page.evaluate("cueline('online', 'ada')")
        return page

    def asked(self) -> list[Response]:
        return [answer for answer in self.refused if answer.url.endswith("/v1/collect")]


def act(page: Page, *numbers: int) -> None:
    for number in numbers:
        page.evaluate("number => cueline('action', 'Counted', {number})", number)


def kept(page: Page) -> dict[int, str]:
    """The eids by the number of each action."""
    found = [event for event in page.evaluate(KEPT) if event["payload"].get("client_action") == "Counted"]
    return {event["payload"]["number"]: event["eid"] for event in found}


def test_what_a_visitor_does_while_redis_is_stopped_arrives_once_when_it_is_back(
    house: House, browser: Browser
) -> None:
    context = browser.new_context()
    visitor = Visitor(context, house.url)
    page = visitor.open()
    act(page, 1)
    page.wait_for_function(f"{KEPT}.length == 0", timeout=30_000)
    house.site.stop("redis")
    act(page, 2, 3)
    eventually(lambda: page.evaluate("1") and visitor.asked(), 30)
    ledger = kept(page)
    page.reload()
    act(page, 4)
    ledger |= kept(page)
    page.close()
    other = visitor.open()
    act(other, 5)
    ledger |= kept(other)
    assert sorted(ledger) == [2, 3, 4, 5], "all that he did is kept"
    for answer in visitor.asked():
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["access-control-expose-headers"] == "Retry-After"
    house.site.start_redis()
    other.wait_for_function(f"{KEPT}.length == 0", timeout=60_000)
    eventually(lambda: house.site.waiting() == 0, 60)
    effects = Counter(house.site.effects())
    assert len(effects) == 5 and set(effects.values()) == {1}, effects
    assert set(ledger.values()) < set(effects)
    context.close()
