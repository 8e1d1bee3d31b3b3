"""Who is not on the list is not heard, in neither direction, and is told nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.sdk.receiver import Receiver
from tests.sdk.shopfront import Sheet
from tests.sdk.stage import Stage, frame_of, staged

pytestmark = pytest.mark.browser

# What a frame says, written by hand: for windows that are none of ours.
FORGED = json.dumps({"cueline": 1, "id": 0.5, "at": 1, "args": ["action", "FORGED", {}]}, separators=(",", ":"))
LISTEN = "addEventListener('message', ({data}) => String(data).includes('cueline') && (window.told = data));"


@pytest.fixture
def stage(receiver: Receiver) -> Iterator[Stage]:
    with staged(receiver) as stage:
        yield stage


def heard_nothing_but_its_own(page: Page, stage: Stage) -> bool:
    """Whatever was posted before is dealt with: messages come in order, and the host's own action is behind them."""
    page.wait_for_function("!!window.cueline?.frames")
    page.wait_for_timeout(300)
    page.evaluate("(async () => { cueline.action('OWN'); await cueline.flush() })()")
    return stage.receiver.actions() == ["OWN"]


def test_a_frame_that_the_host_does_not_list_is_not_heard(page: Page, stage: Stage) -> None:
    game = stage.game_origin
    near = [
        game + "/",
        game + ".evil",
        game + "1",
        game[:-1],
        "http://game.localhost",
        stage.game.at("other.localhost", ""),
    ]
    stage.hold(stage.play(), frames=" ".join(["*", "null", "https://*.localhost", *near]))
    frame = stage.open(page)
    frame.evaluate("window.done = 0; cueline.on('init', () => done++); void cueline.action('MINE').then(() => done++)")
    assert heard_nothing_but_its_own(page, stage)
    assert frame.evaluate("done") == 0


def test_a_look_alike_of_a_listed_frame_is_not_heard(page: Page, stage: Stage) -> None:
    stage.play()
    alike = stage.game.at("game.localhost.evil.localhost", "/game")
    stage.hold(alike)
    frame = stage.open(page)
    frame.evaluate(f"void cueline.action('MINE'); parent.postMessage({FORGED!r}, '*')")
    assert heard_nothing_but_its_own(page, stage)


def test_a_frame_without_an_origin_is_not_heard(page: Page, stage: Stage) -> None:
    stage.hold(stage.play(), frames=f"null {stage.game_origin}")
    stage.shop.pages["/"] = Sheet(
        tag=stage.shop.pages["/"].tag, body=f'<iframe sandbox="allow-scripts" src="{stage.game_origin}/game"></iframe>'
    )
    frame = stage.open(page)
    frame.evaluate(f"parent.postMessage({FORGED!r}, '*')")
    assert heard_nothing_but_its_own(page, stage)


def test_a_window_of_a_listed_origin_that_is_no_frame_of_the_page_is_not_heard(page: Page, stage: Stage) -> None:
    stage.game.pages["/popup"] = Sheet(tag="", body=f"<script>{LISTEN} opener.postMessage({FORGED!r}, '*')</script>")
    stage.hold(stage.play())
    stage.open(page)
    with page.expect_popup() as popup:
        page.evaluate(f"void window.open('{stage.game_origin}/popup')")
    popup.value.wait_for_load_state()
    assert heard_nothing_but_its_own(page, stage)
    assert popup.value.evaluate("window.told") is None


def test_a_frame_tells_nothing_to_a_host_that_it_does_not_list(page: Page, stage: Stage) -> None:
    shop = stage.shop_origin
    stage.hold(
        stage.play(hosts=f"* null https://*.localhost {shop}.evil {shop}/ {shop}1 {shop[:-1]} http://shop.localhost")
    )
    held = stage.shop.pages["/"]
    stage.shop.pages["/"] = Sheet(tag=held.tag, body=held.body, head=f"<script>{LISTEN}</script>")
    frame = stage.open(page)
    frame.evaluate("void cueline.action('SECRET', {code: 1})")
    assert heard_nothing_but_its_own(page, stage)
    assert page.evaluate("window.told") is None


def test_a_frame_believes_its_holder_only_and_only_with_a_listed_origin(page: Page, stage: Stage) -> None:
    """A sibling of the host's own origin, and a window that the frame opened, both answer in the host's stead."""
    answer = json.dumps({"cueline": 1, "id": 0})
    event = json.dumps({"cueline": 1, "on": "identify", "detail": {"id": "mallory"}})
    forge = f"for (const text of [{answer!r}, {event!r}]) game.postMessage(text, '*');"
    sibling = stage.shop.at("shop.localhost", "/sibling")
    stage.shop.pages["/sibling"] = Sheet(
        tag="", body=f"<script>onload = () => {{ const game = parent.frames[0]; {forge} }}</script>"
    )
    stage.game.pages["/evil"] = Sheet(tag="", body=f"<script>{LISTEN} const game = opener; {forge}</script>")
    body = "<script>var heard = []; cueline.on('identify', ({id}) => heard.push(id)); cueline.action('SECRET')</script>"
    stage.hold(stage.play(body=body), frames="http://nobody.example")
    frame = stage.open(page)
    page.evaluate(f"document.body.append(Object.assign(document.createElement('iframe'), {{src: '{sibling}'}}))")
    frame_of(page, "/sibling")
    with page.expect_popup() as popup:
        frame.evaluate(f"void window.open('{stage.game.at('evil.localhost', '/evil')}')")
    popup.value.wait_for_load_state()
    frame.wait_for_timeout(300)
    assert frame.evaluate("heard") == []
    assert popup.value.evaluate("window.told") is None
    assert stage.receiver.actions() == []


def test_a_frame_of_another_workspace_says_nothing_through_this_host(page: Page, stage: Stage) -> None:
    stage.hold(stage.play(hosts=""))
    frame = stage.open(page)
    frame.evaluate(
        "window.errors = []; cueline.on('error', ({message}) => errors.push(message));"
        f"cueline('init', {{hosts: '{stage.shop_origin}', key: 'wk_other'}}); void cueline.action('THEIRS')"
    )
    frame.wait_for_function("errors.length == 1")
    assert frame.evaluate("errors") == ["another key"]
    assert heard_nothing_but_its_own(page, stage)


def test_a_repeated_message_is_answered_again_and_run_once(page: Page, stage: Stage) -> None:
    """Two that are the same by their id, from a listed frame that plays ours by hand."""
    hand = "window.told = []; onmessage = ({data}) => told.push(JSON.parse(data));"
    stage.game.pages["/game"] = Sheet(tag="", body="")
    stage.hold(stage.game_origin + "/game")
    frame = stage.open(page)
    page.wait_for_function("!!window.cueline?.frames")
    frame.evaluate(hand + f"for (let i = 0; i < 3; i++) parent.postMessage({FORGED!r}, '*')")
    frame.wait_for_function("told.length == 3")
    assert frame.evaluate("told.map(({id}) => id)") == [0.5, 0.5, 0.5]
    page.evaluate("cueline.flush()")
    assert stage.receiver.actions() == ["FORGED"]
    assert sum(len(envelope["events"]) for envelope in stage.receiver.envelopes) == 1
