"""The example of a page with a framed page, and the recipe for a page that is opened both ways, run as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cueline.snippet import stub, tag
from tests.sdk.receiver import KEY, Receiver
from tests.sdk.shopfront import Sheet
from tests.sdk.stage import Stage, staged

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.browser


@pytest.fixture
def stage(receiver: Receiver) -> Iterator[Stage]:
    with staged(receiver) as stage:
        yield stage


def put(stage: Stage, name: str, tag: str) -> str:
    """The page with the tag where its comment asks for one, and with the ports of this test."""
    text = (ROOT / "examples/frame" / name).read_text()
    text, count = re.subn("<!-- cueline snippet .*?-->", lambda _: tag, text)
    assert count == 1
    return text.replace("http://127.0.0.1:9001", stage.shop.url).replace("http://127.0.0.1:9002", stage.game.url)


def test_the_example_reports_what_its_game_says_for_who_is_logged_in_at_the_shop(page: Page, stage: Stage) -> None:
    collector = stage.receiver.url
    shop = put(stage, "shop.html", tag(collector, KEY, options={"frames": stage.game.url}))
    game = put(stage, "game.html", tag(collector, "", path="/v1/frame.js", options={"hosts": stage.shop.url}))
    stage.shop.pages["/shop.html"] = Sheet(tag=shop)
    stage.game.pages["/game.html"] = Sheet(tag=game)
    page.goto(f"{stage.shop.url}/shop.html")
    page.click("#login")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#player")).to_have_text("User 42 plays.", timeout=20000)
    frame.locator("#spin").click()
    frame.locator("#pay").click()
    expect(page.locator("#cashier")).to_be_visible(timeout=20000)
    stage.receiver.wait_for(lambda: len(stage.receiver.events()) == 3)
    assert [(event["type"], event["user"]["id"]) for event in stage.receiver.events()] == [
        ("login", "42"),
        ("client_action", "42"),
        ("deep_link", "42"),
    ]
    assert stage.receiver.events("client_action")[0]["payload"] == {"client_action": "Spin", "bet": 2}


def test_the_recipe_for_a_page_that_is_opened_both_ways(page: Page, stage: Stage) -> None:
    document = (ROOT / "docs/sdk/frames.md").read_text()
    [recipe] = [block for block in re.findall("```html\n(.*?)```", document, re.DOTALL) if "parent === window" in block]
    recipe = recipe.replace("https://cueline.shop.example", stage.receiver.url).replace("wk_…", KEY)
    recipe = recipe.replace("https://shop.example", stage.shop_origin)
    text = (
        f"<script>{stub()}</script>{recipe}<script>cueline('action', parent === window ? 'ALONE' : 'FRAMED')</script>"
    )
    stage.game.pages["/game"] = Sheet(tag=text)
    page.goto(stage.game_origin + "/game")
    stage.receiver.wait_for(lambda: stage.receiver.actions() == ["ALONE"])
    stage.hold(stage.game_origin + "/game")
    stage.open(page)
    stage.receiver.wait_for(lambda: stage.receiver.actions() == ["ALONE", "FRAMED"])
    assert stage.receiver.envelopes[-1]["context"]["url"] == stage.shop_origin + "/"
