"""A page in a native webview speaks through the app, by either of the two ways that the systems offer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.sdk.native_app import ANDROID, IOS, NativeApp, until
from tests.sdk.receiver import Receiver
from tests.sdk.stage import Stage, staged

pytestmark = pytest.mark.browser


@pytest.fixture
def stage(receiver: Receiver) -> Iterator[Stage]:
    with staged(receiver) as stage:
        yield stage


@pytest.mark.parametrize("bridge", [IOS, ANDROID])
def test_what_a_page_in_a_webview_says_reaches_the_collector_through_the_app(
    page: Page, stage: Stage, bridge: str
) -> None:
    app = NativeApp(stage.receiver.url)
    app.surround(page, bridge)
    page.goto(stage.play(hosts="native") + "#_dp=dp%3Aaction%26action%3DOPENED")
    assert page.evaluate("location.hash") == ""
    page.evaluate("void cueline.online('ada'); void cueline.action('SPIN', {bet: 2})")
    until(page, lambda: stage.receiver.actions() == ["SPIN"])
    shown = [(event["type"], event["user"], event["visitor_id"]) for event in stage.receiver.events()]
    ada = {"id": "ada"}
    assert shown == [
        ("deep_link", None, "device-1"),
        ("login", ada, "device-1"),
        ("client_action", ada, "device-1"),
    ]
    assert page.evaluate("cueline.dp('dp:inbox')") is True
    page.evaluate("cueline.on('error', ({call}) => (window.refused = call)); void cueline.consent('granted')")
    page.wait_for_function("window.refused == 'consent'")


def test_what_the_app_did_not_answer_is_said_again_by_the_next_page_and_counts_once(page: Page, stage: Stage) -> None:
    app = NativeApp(stage.receiver.url, is_up=False)
    app.surround(page, IOS)
    page.goto(stage.play(hosts="native"))
    page.evaluate("void cueline.action('WAITING')")
    page.wait_for_timeout(200)
    assert {message["args"][0] for message in app.told} == {"init"}
    app.is_up = True
    page.reload()
    until(page, lambda: stage.receiver.actions() == ["WAITING"])
    page.evaluate("cueline.answer({id: 0})")
    page.reload()
    page.evaluate("void cueline.action('LAST')")
    until(page, lambda: stage.receiver.actions() == ["WAITING", "LAST"])


def test_an_app_that_was_not_named_hears_nothing(page: Page, stage: Stage) -> None:
    app = NativeApp(stage.receiver.url)
    app.surround(page, IOS)
    page.goto(stage.play())
    page.evaluate("void cueline.action('SECRET')")
    page.wait_for_timeout(300)
    assert app.told == []
