"""A page of a shop, and a page of a game on another origin that it holds in a frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Frame, Page

from cueline.snippet import tag
from tests.sdk.receiver import KEY, Receiver
from tests.sdk.shopfront import Sheet, Shopfront


@dataclass
class Stage:
    """`shop.localhost` and `game.localhost` on two ports. They are two sites too, and Chromium without a profile denies
    storage to a frame of another site; one of the same site, `game_host` being the shop's, may store.
    """

    receiver: Receiver
    shop: Shopfront
    game: Shopfront
    game_host: str = "game.localhost"

    @property
    def shop_origin(self) -> str:
        return self.shop.at("shop.localhost", "")

    @property
    def game_origin(self) -> str:
        return self.game.at(self.game_host, "")

    def hold(self, *addresses: str, frames: str | None = None, path: str = "/") -> None:
        """The shop's page holds these addresses, and lets these origins speak (none named: the game's)."""
        options = {"frames": self.game_origin if frames is None else frames}
        body = "".join(f'<iframe src="{address}"></iframe>' for address in addresses)
        self.shop.pages[path] = Sheet(body=body, tag=tag(self.receiver.url, KEY, options=options))

    def play(self, path: str = "/game", *, body: str = "", head: str = "", hosts: str | None = None) -> str:
        """The address of a page of the game that believes these hosts (none named: the shop)."""
        named = self.shop_origin if hosts is None else hosts
        script = f'<script src="{self.receiver.url}/v1/frame.js" data-hosts="{named}"></script>'
        self.game.pages[path] = Sheet(body=body, head=head, tag=script)
        return self.game_origin + path

    def open(self, page: Page, path: str = "/") -> Frame:
        """The shop's page with its first frame, its scripts run; those of the shop may be on their way."""
        page.goto(self.shop_origin + path, wait_until="commit")
        return frame_of(page, "/game")


def frame_of(page: Page, path: str) -> Frame:
    """The frame whose address has this in it, once it has run its scripts."""
    for _ in range(400):
        found = [frame for frame in page.frames if path in frame.url]
        if found:
            found[0].wait_for_function("document.readyState == 'complete'")
            return found[0]
        page.wait_for_timeout(25)
    raise AssertionError([frame.url for frame in page.frames])


def reload(page: Page, frame: Frame, *, after: str = "") -> None:
    """Until the frame has its new document: what is asked of the old one meanwhile has no answer."""
    with page.expect_event("framenavigated"):
        frame.evaluate(f"{after}; location.reload()")


@contextmanager
def staged(receiver: Receiver) -> Iterator[Stage]:
    shop, game = Shopfront(receiver.url, "").start(), Shopfront(receiver.url, "").start()
    yield Stage(receiver, shop, game)
    shop.stop()
    game.stop()
