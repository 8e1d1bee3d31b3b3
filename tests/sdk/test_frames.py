"""A framed page on another origin speaks through its host page: what it says arrives once, and nobody else is heard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.sdk.receiver import KEY, Receiver
from tests.sdk.shopfront import Sheet
from tests.sdk.stage import Stage, frame_of, reload, staged

pytestmark = pytest.mark.browser


@pytest.fixture
def stage(receiver: Receiver) -> Iterator[Stage]:
    with staged(receiver) as stage:
        yield stage


def test_what_a_frame_says_is_the_hosts_to_report(page: Page, stage: Stage) -> None:
    stage.hold(stage.play())
    frame = stage.open(page)
    frame.evaluate("cueline.online(42, {language: 'fr', properties: {vip: true}}); cueline('action', 'SPIN', {bet: 2})")
    stage.receiver.wait_for(lambda: stage.receiver.actions() == ["SPIN"])
    [login] = stage.receiver.events("login")
    [spin] = stage.receiver.events("client_action")
    assert login["payload"] == {"properties": {"vip": True, "language": "fr"}}
    assert spin["payload"] == {"bet": 2, "client_action": "SPIN"}
    assert spin["user"] == {"id": "42"}
    envelope = stage.receiver.envelopes[0]
    assert (envelope["key"], envelope["context"]["url"]) == (KEY, stage.shop_origin + "/")
    assert page.evaluate("JSON.parse(localStorage['cueline.id']).user.id") == "42"


def test_results_come_back_and_nobody_throws_at_once(page: Page, stage: Stage) -> None:
    stage.hold(stage.play())
    frame = stage.open(page)
    assert frame.evaluate("Promise.all([cueline.dp('dp:action&action=A'), cueline('dp', 'hello')])") == [True, False]
    frame.evaluate("(async () => { await cueline.action('B'); await cueline.flush() })()")
    assert stage.receiver.actions() == ["B"]
    assert frame.evaluate("(() => { try { cueline.online('') } catch (error) { return error.name } })()") == "TypeError"


def test_calls_wait_for_a_host_that_comes_later_with_the_times_they_were_made(page: Page, stage: Stage) -> None:
    stage.receiver.core_delay_s = 1
    stage.hold(stage.play(body="<script>cueline('action', 'EARLY'); cueline.action('TOO')</script>"))
    frame = stage.open(page)
    said_at = frame.evaluate("Date.now()")
    stage.receiver.wait_for(lambda: stage.receiver.actions() == ["EARLY", "TOO"], 20)
    [envelope] = stage.receiver.envelopes
    assert all(event["at"] <= said_at for event in envelope["events"])
    assert envelope["sent_at"] - envelope["events"][0]["at"] > 500


def test_a_frame_that_reloads_before_the_host_is_there_says_it_once(page: Page, stage: Stage) -> None:
    stage.receiver.core_delay_s = 1
    stage.game_host = "shop.localhost"
    stage.hold(stage.play())
    frame = stage.open(page)
    reload(page, frame, after="cueline.online('ada'); cueline.action('BEFORE')")
    frame_of(page, "/game").wait_for_function("!!window.cueline?.run")
    stage.receiver.wait_for(lambda: stage.receiver.actions() == ["BEFORE"], 20)
    frame_of(page, "/game").evaluate("cueline.action('AFTER')")
    stage.receiver.wait_for(lambda: stage.receiver.actions() == ["BEFORE", "AFTER"])
    assert sum(len(envelope["events"]) for envelope in stage.receiver.envelopes) == 3


def test_a_frame_that_reloads_or_leaves_right_after_the_call_says_it_once(page: Page, stage: Stage) -> None:
    stage.play("/left")
    stage.hold(stage.play())
    frame = stage.open(page)
    frame.evaluate("cueline.flush()")
    for i in range(5):
        reload(page, frame, after=f"cueline.action('R{i}')")
        frame.wait_for_function(
            "performance.getEntriesByType('navigation')[0].type == 'reload' && !!window.cueline?.run"
        )
        frame.evaluate("cueline.flush()")
    frame.evaluate("cueline.action('LEFT'); location.href = '/left'")
    wanted = [*(f"R{i}" for i in range(5)), "LEFT"]
    stage.receiver.wait_for(lambda: stage.receiver.actions() == wanted)
    frame_of(page, "/left").evaluate("cueline.flush()")
    assert sum(len(envelope["events"]) for envelope in stage.receiver.envelopes) == 6


def test_a_frame_that_is_taken_away_right_after_the_call_is_heard(page: Page, stage: Stage) -> None:
    stage.hold(stage.play())
    frame = stage.open(page)
    frame.evaluate("cueline.flush()")
    page.evaluate("addEventListener('message', ({data}) => data == 'bye' && document.querySelector('iframe').remove())")
    frame.evaluate("setTimeout(() => { cueline.action('LAST'); parent.postMessage('bye', '*') })")
    stage.receiver.wait_for(lambda: stage.receiver.actions() == ["LAST"])


def test_several_frames_and_a_frame_in_a_frame_speak_for_themselves(page: Page, stage: Stage) -> None:
    inner = stage.play("/inner")
    stage.game.pages["/middle"] = Sheet(tag="", body=f'<iframe src="{inner}"></iframe>')
    middle = stage.game.at("middle.localhost", "/middle")
    stage.hold(stage.play(), stage.play("/second"), middle)
    page.goto(stage.shop_origin)
    for path in ("/game", "/second", "/inner"):
        frame_of(page, path).evaluate(f"cueline.action('{path}')")
    stage.receiver.wait_for(lambda: sorted(stage.receiver.actions()) == ["/game", "/inner", "/second"])


def test_a_host_that_reloads_is_found_again(page: Page, stage: Stage) -> None:
    stage.hold(stage.play())
    frame = stage.open(page)
    frame.evaluate("cueline.action('ONE')")
    page.reload()
    frame_of(page, "/game").evaluate("cueline.action('TWO')")
    stage.receiver.wait_for(lambda: stage.receiver.actions() == ["ONE", "TWO"])


def test_a_frame_hears_what_it_listens_to_also_when_it_comes_late(page: Page, stage: Stage) -> None:
    stage.receiver.reject = {"BAD"}
    stage.hold(stage.play())
    page.goto(stage.shop_origin)
    page.evaluate("cueline.online('ada')")
    frame = frame_of(page, "/game")
    frame.evaluate(
        "window.heard = [];"
        "for (const name of ['init', 'identify', 'logout', 'rejected', 'error'])"
        "  cueline.on(name, ({id, code, call}) => heard.push([name, id ?? code ?? call ?? 'no id']))"
    )
    frame.wait_for_function("heard.length == 2")
    frame.evaluate("cueline.on('identify', ({id}) => heard.push(['late', id]))")
    page.evaluate("cueline.action('BAD')")
    frame.wait_for_function("heard.length == 4")
    frame.evaluate("cueline.consent('denied'); cueline('misspelt')")
    frame.wait_for_function("heard.length == 6")
    frame.evaluate("cueline.off('logout'); cueline.logout()")
    page.wait_for_function("!JSON.parse(localStorage['cueline.id']).user")
    assert sorted(frame.evaluate("heard")) == sorted(
        [
            ["init", "no id"],
            ["identify", "ada"],
            ["late", "ada"],
            ["rejected", "bad_action"],
            ["error", "consent"],
            ["error", "misspelt"],
        ]
    )


def test_a_link_in_the_frames_address_is_taken_off_and_counts_once_over_reloads(page: Page, stage: Stage) -> None:
    stage.receiver.core_delay_s = 1
    stage.game_host = "shop.localhost"
    stage.hold(stage.play() + "?level=3&_dp=dp%3Aaction%26action%3DBONUS#a")
    frame = stage.open(page)
    assert frame.evaluate("location.href") == stage.game_origin + "/game?level=3#a"
    reload(page, frame)
    stage.receiver.wait_for(lambda: stage.receiver.events("deep_link"), 20)
    frame_of(page, "/game").evaluate("history.pushState({}, '', '?_dp=dp%3Aaction%26action%3DROUTED')")
    stage.receiver.wait_for(lambda: len(stage.receiver.events("deep_link")) == 2)
    reload(page, frame_of(page, "/game"))
    frame_of(page, "/game").evaluate("cueline.flush()")
    links = [event["payload"]["link"] for event in stage.receiver.events("deep_link")]
    assert links == ["dp:action&action=BONUS", "dp:action&action=ROUTED"]


def test_a_link_for_the_page_reaches_a_handler_in_the_frame(page: Page, stage: Stage) -> None:
    body = "<script>cueline('on', 'deep_link', ({verb, params}) => (window.heard = [verb, params.id]))</script>"
    stage.hold(stage.play(body=body) + "#_dp=dp%3Atable%26id%3D7")
    page.goto(stage.shop_origin)
    page.evaluate("cueline.online('ada')")
    frame = frame_of(page, "/game")
    frame.wait_for_function("!!window.heard")
    assert frame.evaluate("heard") == ["table", "7"]
    frame.evaluate("cueline.flush()")
    assert stage.receiver.events("deep_link_unhandled") == []


def test_no_link_is_taken_by_a_frame_that_does_not_initialise(page: Page, stage: Stage) -> None:
    stage.hold(stage.play(hosts="") + "#_dp=dp%3Aaction%26action%3DA")
    frame = stage.open(page)
    frame.evaluate("void cueline.action('NEVER')")
    assert frame.evaluate("location.hash") == "#_dp=dp%3Aaction%26action%3DA"
    frame.evaluate(f"cueline('init', {{hosts: ['{stage.shop_origin}']}})")
    assert frame.evaluate("location.hash") == ""
    stage.receiver.wait_for(lambda: stage.receiver.events("deep_link"))
    stage.receiver.wait_for(lambda: stage.receiver.actions() == ["NEVER"])


def test_buttons_of_a_framed_page_need_no_script(page: Page, stage: Stage) -> None:
    stage.hold(stage.play(body='<button data-cl-action="DEAL" data-cl-bet-size="5">Deal</button>'))
    stage.open(page).click("button")
    stage.receiver.wait_for(lambda: stage.receiver.actions() == ["DEAL"])
    assert stage.receiver.events("client_action")[0]["payload"]["bet_size"] == 5
