"""The built snippet in Chromium: what a page says arrives, whatever the page, the tab and the network do."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.sdk.receiver import KEY, Receiver

pytestmark = pytest.mark.browser

STORED = "Object.keys(localStorage).filter((key) => key.startsWith('cueline.q.')).length"


def test_an_action_arrives_without_a_preflight(page: Page, receiver: Receiver) -> None:
    page.goto(f"{receiver.url}/cashier")
    page.evaluate("cueline('action', 'CashierSubmitClicked', {amount: 12})")
    receiver.wait_for(lambda: receiver.actions() == ["CashierSubmitClicked"])
    [envelope] = receiver.envelopes
    assert envelope["key"] == KEY
    assert envelope["context"]["url"] == f"{receiver.url}/cashier"
    assert envelope["events"][0]["payload"] == {"amount": 12, "client_action": "CashierSubmitClicked"}
    assert abs(envelope["sent_at"] - envelope["events"][0]["at"]) < 5000
    assert {method for method, _ in receiver.requests} == {"POST"}
    page.wait_for_function(f"{STORED} == 0")


def test_both_spellings_work_before_the_core_is_there(page: Page, receiver: Receiver) -> None:
    receiver.core_delay_s = 0.5
    receiver.body = "<script>cueline('action', 'A'); cueline.action('B'); cueline.online(7)</script>"
    page.goto(receiver.url)
    receiver.wait_for(lambda: len(receiver.events()) == 3)
    assert receiver.actions() == ["A", "B"]
    assert receiver.events("login")[0]["user"] == {"id": "7"}


def test_calls_of_a_page_that_was_left_before_the_core_came_arrive_from_the_next_one(
    page: Page, receiver: Receiver
) -> None:
    receiver.core_delay_s = 3
    page.goto(f"{receiver.url}/first", wait_until="commit")
    page.wait_for_function("!!window.cueline")
    page.evaluate("cueline('action', 'EARLY')")
    page.goto(f"{receiver.url}/second", wait_until="commit")
    receiver.wait_for(lambda: receiver.actions() == ["EARLY"])


def test_the_same_function_stays_when_the_core_comes(page: Page, receiver: Receiver) -> None:
    receiver.body = "<script>const early = window.cueline</script>"
    page.goto(receiver.url)
    assert page.evaluate("early === window.cueline && typeof cueline.flush().then == 'function'")


def test_a_burst_of_a_hundred_calls_is_at_most_two_requests(page: Page, receiver: Receiver) -> None:
    page.goto(receiver.url)
    page.evaluate("async () => { for (let i = 0; i < 100; i++) cueline.action('A' + i); await cueline.flush() }")
    assert receiver.actions() == [f"A{i}" for i in range(100)]
    assert len(receiver.envelopes) <= 2


def test_a_deep_link_leaves_the_address_and_is_reported_once_over_reload_and_back(
    page: Page, receiver: Receiver
) -> None:
    page.goto(f"{receiver.url}/start")
    page.goto(f"{receiver.url}/deposit?a=1#_dp=dp%3Aaction%26action%3DDEPOSIT_OPENED")
    page.wait_for_function("location.href.endsWith('/deposit?a=1')")
    page.reload()
    page.go_back()
    page.go_forward()
    receiver.wait_for(lambda: receiver.events("deep_link"))
    page.wait_for_timeout(400)
    [event] = receiver.events("deep_link")
    assert event["payload"] == {"link": "dp:action&action=DEPOSIT_OPENED"}
    assert event["user"] is None


def test_an_unanswered_deep_link_keeps_its_eid_over_a_reload(page: Page, receiver: Receiver) -> None:
    receiver.status = 503
    page.goto(f"{receiver.url}/deposit#_dp=dp%3Aaction%26action%3DA")
    page.wait_for_function(f"{STORED} == 1")
    keys = "JSON.stringify(Object.entries(localStorage).filter(([key]) => key.startsWith('cueline.q.')))"
    before = page.evaluate(keys)
    page.reload()
    assert page.evaluate(keys) == before
    receiver.status = 202
    page.reload()
    receiver.wait_for(lambda: receiver.events("deep_link"))
    assert receiver.events("deep_link")[0]["eid"] in before


def test_the_router_may_change_the_address_before_the_core_is_there(page: Page, receiver: Receiver) -> None:
    receiver.core_delay_s = 0.3
    receiver.body = "<script>history.replaceState({mine: 1}, '', '/routed')</script>"
    page.goto(f"{receiver.url}/#_dp=dp%3Aaction%26action%3DA")
    receiver.wait_for(lambda: receiver.events("deep_link"))
    assert page.evaluate("[location.pathname, history.state]") == ["/routed", {"mine": 1}]


def test_a_link_that_a_router_brings_is_taken_and_its_state_stays(page: Page, receiver: Receiver) -> None:
    page.goto(receiver.url)
    page.wait_for_function("!!cueline.run")
    page.evaluate("history.pushState({step: 2}, '', '/two?x=1&_dp=dp%3Aaction%26action%3DPUSHED')")
    page.wait_for_function("location.search == '?x=1' && history.state.step == 2")
    page.evaluate("location.hash = '#_dp=dp%3Aaction%26action%3DHASHED'")
    page.wait_for_function("location.hash == ''")
    receiver.wait_for(lambda: len(receiver.events("deep_link")) == 2)


def test_what_was_anonymous_arrives_before_the_login(page: Page, receiver: Receiver) -> None:
    receiver.delay_s = 0.2
    page.goto(f"{receiver.url}/#_dp=dp%3Aaction%26action%3DA")
    page.evaluate("cueline.action('BEFORE'); cueline.online('ada', {hash: 'h'}); cueline.action('AFTER')")
    receiver.wait_for(lambda: len(receiver.events()) == 4)
    shown = [(event["type"], event["user"]) for event in receiver.events()]
    ada = {"id": "ada", "hash": "h"}
    assert shown == [("deep_link", None), ("client_action", None), ("login", ada), ("client_action", ada)]
    assert len({event["visitor_id"] for event in receiver.events()}) == 1
    assert all(len({str(e.get("user"))}) == 1 for e in receiver.envelopes)


def test_the_order_holds_over_a_login_on_the_next_page(page: Page, receiver: Receiver) -> None:
    receiver.delay_s = 0.2
    page.goto(f"{receiver.url}/deposit#_dp=dp%3Aaction%26action%3DA")
    page.wait_for_function(f"{STORED} > 0")
    page.goto(f"{receiver.url}/login")
    page.evaluate("cueline.online('ada')")
    receiver.wait_for(lambda: receiver.events("login"))
    assert [event["type"] for event in receiver.events()] == ["deep_link", "login"]


def test_logging_out_takes_a_new_visitor_and_a_login_is_reported_once_a_session(page: Page, receiver: Receiver) -> None:
    page.goto(receiver.url)
    page.evaluate("cueline.online('ada'); cueline.online('ada')")
    page.reload()
    page.evaluate("cueline.online('ada'); cueline.logout(); cueline.action('NEXT'); cueline.online('ada')")
    receiver.wait_for(lambda: len(receiver.events("login")) == 2)
    shown = [(event["type"], (event["user"] or {}).get("id")) for event in receiver.events()]
    assert shown == [("login", "ada"), ("logout", "ada"), ("client_action", None), ("login", "ada")]
    visitors = [event["visitor_id"] for event in receiver.events()]
    assert visitors[0] == visitors[1] != visitors[2] == visitors[3]


def test_the_page_knows_the_user_of_the_page_before(page: Page, receiver: Receiver) -> None:
    page.goto(receiver.url)
    page.evaluate("cueline.online('ada')")
    page.goto(f"{receiver.url}/next")
    page.evaluate("cueline.action('LATER')")
    receiver.wait_for(receiver.actions)
    assert receiver.events("client_action")[0]["user"] == {"id": "ada"}


@pytest.mark.parametrize("delay_s", [0, 0.3])
def test_nothing_is_lost_when_the_page_goes_right_after_the_call(
    page: Page, receiver: Receiver, delay_s: float
) -> None:
    receiver.delay_s = delay_s
    for i in range(5):
        page.goto(f"{receiver.url}/{i}")
        page.wait_for_function("!!cueline.run")
        page.evaluate(f"cueline.action('A{i}'); location.href = '/gone'")
        page.wait_for_url("**/gone")
    receiver.wait_for(lambda: sorted(receiver.actions()) == [f"A{i}" for i in range(5)])


def test_nothing_is_lost_when_the_tab_closes_right_after_the_call(context: BrowserContext, receiver: Receiver) -> None:
    for i in range(5):
        page = context.new_page()
        page.goto(receiver.url)
        page.wait_for_function("!!cueline.run")
        page.evaluate(f"cueline.action('A{i}')")
        page.close(run_before_unload=False)
    receiver.wait_for(lambda: sorted(receiver.actions()) == [f"A{i}" for i in range(5)])


def test_an_outage_costs_nothing_and_few_requests(page: Page, receiver: Receiver) -> None:
    page.goto(receiver.url)
    receiver.status = 503
    page.evaluate("for (let i = 0; i < 15; i++) cueline.action('A' + i)")
    page.wait_for_timeout(1500)
    assert len(receiver.requests) <= 3
    receiver.status = 202
    receiver.wait_for(lambda: len(receiver.actions()) == 15, 5)
    assert sum(len(envelope["events"]) for envelope in receiver.envelopes) == 15


def test_what_an_outage_left_behind_in_a_closed_tab_arrives_from_a_new_one(
    context: BrowserContext, receiver: Receiver
) -> None:
    port = int(receiver.url.rsplit(":", 1)[1])
    page = context.new_page()
    page.goto(receiver.url)
    page.wait_for_function("!!cueline.run")
    receiver.stop()
    page.evaluate("for (let i = 0; i < 5; i++) cueline.action('A' + i)")
    page.wait_for_timeout(400)
    page.close()
    receiver.start(port)
    context.new_page().goto(receiver.url)
    receiver.wait_for(lambda: receiver.actions() == [f"A{i}" for i in range(5)])


def test_retry_after_is_obeyed(page: Page, receiver: Receiver) -> None:
    receiver.status, receiver.headers = 429, {"Retry-After": "3"}
    page.goto(receiver.url)
    page.evaluate("cueline.action('A')")
    receiver.wait_for(lambda: receiver.requests)
    receiver.status, receiver.headers = 202, {}
    page.wait_for_timeout(2200)
    assert receiver.actions() == []
    receiver.wait_for(lambda: receiver.actions() == ["A"])


def test_two_tabs_share_the_visitor(context: BrowserContext, receiver: Receiver) -> None:
    for name in ("ONE", "TWO"):
        page = context.new_page()
        page.goto(receiver.url)
        page.evaluate(f"cueline.action('{name}')")
    receiver.wait_for(lambda: sorted(receiver.actions()) == ["ONE", "TWO"])
    assert len({event["visitor_id"] for event in receiver.events()}) == 1


def test_a_rejected_event_is_told_and_the_others_are_delivered(page: Page, receiver: Receiver) -> None:
    receiver.reject = {"BAD"}
    page.goto(receiver.url)
    told = page.evaluate(
        """async () => {
          const told = []
          cueline('on', 'rejected', (one) => told.push(one.code))
          cueline('on', 'delivered', ({eids}) => told.push(eids.length))
          cueline.action('BAD'); cueline.action('GOOD')
          await cueline.flush()
          return told
        }"""
    )
    assert told == ["bad_action", 1]


def test_a_page_without_storage_reports_from_memory(page: Page, receiver: Receiver) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
    )
    page.goto(f"{receiver.url}/#_dp=dp%3Aaction%26action%3DA")
    page.evaluate("cueline.online('ada'); cueline.action('B')")
    receiver.wait_for(lambda: len(receiver.events()) == 3)
    assert [event["type"] for event in receiver.events()] == ["deep_link", "login", "client_action"]
    assert len({event["visitor_id"] for event in receiver.events()}) == 1


def test_go_follows_only_links_within_the_shop(page: Page, receiver: Receiver) -> None:
    page.goto(receiver.url)
    page.evaluate("cueline.online('ada'); cueline.dp('https://evil.example/')")
    receiver.wait_for(lambda: receiver.events("deep_link_unhandled"))
    assert receiver.events("deep_link_unhandled")[0]["payload"]["reason"] == "not_allowed"
    page.evaluate("cueline.dp('/offers?x=1')")
    page.wait_for_url("**/offers?x=1")


def test_an_empty_id_throws_and_leaves_nothing_behind(page: Page, receiver: Receiver) -> None:
    page.goto(receiver.url)
    page.wait_for_function("!!cueline.run")
    thrown = page.evaluate(
        "['', null, undefined].map((id) => { try { cueline.online(id) } catch (e) { return e.name } })"
    )
    assert thrown == ["TypeError"] * 3
    assert page.evaluate("Object.keys(window).filter((key) => /cueline/i.test(key))") == ["cueline"]
