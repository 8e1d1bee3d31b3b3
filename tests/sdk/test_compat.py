"""A page that was written for `_smartico`, with the option `compat`: its calls are ours, before the core and after."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from cueline.snippet import tag
from tests.sdk.receiver import KEY, Receiver
from tests.sdk.shopfront import Sheet, Shopfront

pytestmark = pytest.mark.browser


class OldShop:
    """Its pages carry the tag with `compat`, and speak of `_smartico` only."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.front = Shopfront(receiver.url, "").start()

    def put(self, path: str, script: str = "", *, head: str = "", **options: str) -> str:
        text = tag(self.receiver.url, KEY, options={"compat": "_smartico"} | options)
        self.front.pages[path] = Sheet(tag=text, head=head, body=f"<script>{script}</script>")
        return self.front.url + path

    def said(self, count: int) -> list[tuple[str, dict[str, Any], Any]]:
        self.receiver.wait_for(lambda: len(self.receiver.events()) >= count)
        return [(e["type"], e["payload"], e["user"]) for e in self.receiver.events()]


@pytest.fixture
def shop(receiver: Receiver) -> Iterator[OldShop]:
    shop = OldShop(receiver)
    yield shop
    shop.front.stop()


CALLS = """
  _smartico('init', 'label-key', {brand_key: 'b'})
  _smartico.online('42', 'FR', 'sig', {vip: true})
  _smartico('action', 'SPIN', {bet: 2})
  _smartico.action('PLAIN')
  _smartico('event', 'seen', {page: 1})
  _smartico.updatePublicTags('add', ['A', 'B'])
  _smartico('dp', 'dp:action&action=BONUS')
  _smartico('logout')
"""
USER = {"id": "42", "hash": "sig"}
SAID = [
    ("login", {"properties": {"vip": True, "language": "FR"}}, USER),
    ("client_action", {"bet": 2, "client_action": "SPIN"}, USER),
    ("client_action", {"client_action": "PLAIN"}, USER),
    ("seen", {"page": 1}, USER),
    ("tags", {"op": "add", "values": ["A", "B"]}, USER),
    ("deep_link", {"link": "dp:action&action=BONUS"}, USER),
    ("logout", {}, USER),
]


def test_calls_before_the_core_is_there_are_said_in_order_and_once(page: Page, shop: OldShop) -> None:
    shop.receiver.core_delay_s = 1
    page.goto(shop.put("/", f"const early = _smartico; {CALLS}"))
    assert shop.said(len(SAID)) == SAID
    [first, *_] = shop.receiver.envelopes
    assert first["sent_at"] - first["events"][0]["at"] > 900  # the times are those of the calls
    page.wait_for_function("early === window._smartico && !!early.run")
    page.evaluate("cueline.flush()")
    assert sum(len(envelope["events"]) for envelope in shop.receiver.envelopes) == len(SAID)


def test_calls_afterwards_are_said_in_both_spellings(page: Page, shop: OldShop) -> None:
    page.goto(shop.put("/"))
    page.wait_for_function("!!_smartico.run")
    page.evaluate(f"{{ {CALLS} }}")
    assert shop.said(len(SAID)) == SAID


def test_calls_of_a_page_that_was_left_before_arrive_from_the_next_one_once(
    context: BrowserContext, page: Page, shop: OldShop
) -> None:
    shop.receiver.core_delay_s = 1.2
    page.goto(shop.put("/first", "_smartico('action', 'EARLY')"), wait_until="commit")
    page.wait_for_function("!!window._smartico")
    page.goto(shop.put("/second"), wait_until="commit")
    page.wait_for_function("!!window._smartico?.run")
    shop.receiver.core_delay_s = 0
    page.goto(shop.put("/third"))
    page.wait_for_function("!!_smartico.run")
    page.evaluate("cueline.flush()")
    assert shop.receiver.actions() == ["EARLY"]
    assert page.evaluate("localStorage['cueline.compat']") is None


def test_identify_and_login_are_one_login(page: Page, shop: OldShop) -> None:
    page.goto(
        shop.put("/", "_smartico.identify('42', 'sig'); _smartico.login('FR', {vip: true}); _smartico.action('A')")
    )
    shown = shop.said(3)
    assert [(kind, user) for kind, _, user in shown] == [
        ("login", USER),
        ("update_profile", USER),
        ("client_action", USER),
    ]
    assert shown[1][1] == {"properties": {"vip": True, "language": "FR"}}


def test_globals_say_who_is_here(page: Page, shop: OldShop) -> None:
    who = "<script>_smartico_user_id = 42; _smartico_language = 'FR'; _smartico_user_hash = 'sig'</script>"
    page.goto(shop.put("/", "_smartico('action', 'A')", head=who))
    assert shop.said(2)[:2] == [
        ("login", {"properties": {"language": "FR"}}, USER),
        ("client_action", {"client_action": "A"}, USER),
    ]


def test_handlers_are_given_what_they_were_written_for(page: Page, shop: OldShop) -> None:
    shop.receiver.reject = {"BAD"}
    page.goto(
        shop.put(
            "/",
            "var heard = [];"
            "for (const key of ['init', 'identify', 'login', 'logout', 'protocol_error', 'props_change'])"
            "  _smartico('on', key, (...given) => heard.push([key, given]));",
        )
    )
    page.wait_for_function("heard.length == 1")
    page.evaluate("_smartico.online('42', 'FR', ''); _smartico.action('BAD')")
    page.wait_for_function("heard.length == 4")
    page.evaluate("_smartico.logout(); _smartico.on('login', null); _smartico.online('43')")
    page.wait_for_function("heard.length == 6")
    assert page.evaluate("heard") == [
        ["init", [0]],
        ["identify", [0, {}]],
        ["login", []],
        ["protocol_error", [{"errCode": "bad_action", "errMsg": "refused"}]],
        ["logout", []],
        ["identify", [0, {}]],
    ]


def test_off_takes_the_handler_that_was_given(page: Page, shop: OldShop) -> None:
    page.goto(shop.put("/"))
    page.wait_for_function("!!_smartico.run")
    page.evaluate(
        "{ window.heard = []; const one = () => heard.push(1), two = () => heard.push(2);"
        "  for (const handler of [one, two]) _smartico.on('login', handler);"
        "  _smartico.off('login', one); _smartico.online('42') }"
    )
    assert page.evaluate("heard") == [2]


def test_what_has_no_counterpart_does_nothing_and_says_so_only_in_debug(context: BrowserContext, shop: OldShop) -> None:
    calls = (
        "[_smartico.getPublicProps(), _smartico('suspendPopups', 1), _smartico('constructor'), _smartico('misspelt'),"
        " _smartico.on('gf_started', () => 1), _smartico.login('EN')].filter((one) => one !== undefined).length"
    )
    for debug, expected in (("off", 0), ("on", 6)):
        page = context.new_page()
        warned: list[str] = []
        page.on("console", lambda message, warned=warned: warned.append(message.text))
        page.goto(shop.put("/", debug=debug))
        page.wait_for_function("!!_smartico.run")
        assert page.evaluate(calls) == 0
        assert len(warned) == expected, warned
        page.close()
    assert shop.receiver.events() == []


def test_an_empty_user_throws_and_an_old_hash_is_told_in_debug(context: BrowserContext, shop: OldShop) -> None:
    page = context.new_page()
    warned: list[str] = []
    page.on("console", lambda message: warned.append(message.text))
    page.goto(shop.put("/", debug="on"))
    page.wait_for_function("!!_smartico.run")
    assert (
        page.evaluate("(() => { try { _smartico.online('') } catch (error) { return error.name } })()") == "TypeError"
    )
    warned.clear()
    page.evaluate("_smartico.online('42', 'FR', '019b370929095f0cfe6c9b02ea7524a2:1638050700000')")
    assert any("hash" in text for text in warned)


def test_the_other_system_where_it_runs_is_left_alone(page: Page, shop: OldShop) -> None:
    theirs = "<script>window._smartico = Object.assign(() => 'theirs', {action: () => 'theirs'})</script>"
    page.goto(shop.put("/", head=theirs))
    page.wait_for_function("!!cueline.compat")
    assert page.evaluate("[_smartico('action', 'A'), _smartico.action('A')]") == ["theirs", "theirs"]
    page.evaluate("cueline.flush()")
    assert shop.receiver.events() == []


def test_the_document_names_all_that_maps_and_all_that_does_not() -> None:
    root = Path(__file__).parents[2]
    calls, nothing = (root / "static/sdk/src/compat-calls.js").read_text().split("export const NOTHING")
    names = set(re.findall(r"^  (\w+): ", calls, re.MULTILINE)) | set(re.findall(r"\w+", nothing)) - {"split"}
    document = (root / "docs/sdk/smartico.md").read_text()
    assert len(names) >= 40
    assert {name for name in names if not re.search(rf"`{name}[`(]", document)} == set()
