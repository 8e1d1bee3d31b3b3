"""Hold until login: what an anonymous visitor did belongs to whoever logs in, once, in order, for a while."""

from cueline import events
from tests.drain.pipe import MINUTE, Pipe

DEPOSIT = "dp:action&action=DEPOSIT_OPENED&amount=5"
RULE = {
    "key": "deposit",
    "kind": "rule",
    "trigger": {"action": "DEPOSIT_OPENED"},
    "do": [{"tag": {"add": ["opened"]}}],
}


def test_a_link_is_held_until_somebody_logs_in(pipe: Pipe) -> None:
    pipe.apply(campaigns=[RULE])
    pipe.link(DEPOSIT)
    pipe.drain()
    assert pipe.rows("events", "status", "type", "user_id") == [(events.HELD, "deep_link", None)]
    assert pipe.rows("runs", "id") == []


def test_login_releases_the_link_and_decodes_it(pipe: Pipe) -> None:
    pipe.apply(campaigns=[RULE])
    pipe.link(DEPOSIT)
    pipe.drain()
    pipe.login("ada")
    pipe.drain()
    found = pipe.rows("events", "status", "type", "action", "verb", "source", "link")
    assert found[0] == (events.MATCHED, "client_action", "DEPOSIT_OPENED", "action", "link", DEPOSIT)
    assert pipe.rows("events", "payload")[0] == {"client_action": "DEPOSIT_OPENED", "amount": "5"}
    assert pipe.rows("runs", "steps") == [[{"effect": "tag", "add": ["opened"]}]]
    assert pipe.rows("users", "ext_id", "tags") == [("ada", ["opened"])]


def test_link_and_login_in_one_batch_do_the_same(pipe: Pipe) -> None:
    pipe.apply(campaigns=[RULE])
    pipe.link(DEPOSIT)
    pipe.login("ada")
    pipe.drain()
    assert pipe.rows("events", "status", "action") == [(events.MATCHED, "DEPOSIT_OPENED"), (events.UNMATCHED, None)]
    assert len(pipe.rows("runs", "id")) == 1


def test_a_link_from_another_visitor_is_not_released(pipe: Pipe) -> None:
    pipe.link(DEPOSIT, visitor="v1")
    pipe.login("ada", visitor="v2")
    pipe.drain()
    assert pipe.rows("events", "status", visitor_id="v1") == [events.HELD]


def test_a_link_is_released_once_however_often_it_is_reported_and_he_logs_in(pipe: Pipe) -> None:
    pipe.apply(campaigns=[RULE])
    for _ in range(3):
        pipe.link(DEPOSIT, eid="same")
        pipe.login("ada")
        pipe.drain()
    assert len(pipe.rows("runs", "id")) == 1
    assert sum(report.repeats for report in pipe.reports) == 2


def test_the_next_person_on_the_machine_inherits_nothing(pipe: Pipe) -> None:
    pipe.apply(campaigns=[RULE])
    pipe.link(DEPOSIT)
    pipe.login("ada")
    pipe.login("bob")
    pipe.drain()
    assert pipe.rows("users", "ext_id", "tags") == [("ada", ["opened"]), ("bob", [])]


def test_held_events_are_released_in_the_order_they_came(pipe: Pipe) -> None:
    for name in ("A", "B", "C"):
        pipe.browser(events.CLIENT_ACTION, {"client_action": name})
    pipe.drain()
    pipe.login("ada")
    pipe.drain()
    decided = pipe.rows("events", "id", "action", "status")
    assert [row[1] for row in sorted(decided)] == ["A", "B", "C", None]
    assert {row[2] for row in decided} == {events.UNMATCHED}


def test_what_waited_longer_than_the_hold_time_expires_and_triggers_nothing(pipe: Pipe) -> None:
    pipe.apply(campaigns=[RULE])
    pipe.link(DEPOSIT)
    pipe.drain()
    pipe.clock.advance(30 * MINUTE + 1)
    pipe.login("ada")
    pipe.drain()
    assert pipe.rows("events", "status", "reason")[0] == (events.EXPIRED, "hold_time")
    assert pipe.rows("runs", "id") == []


def test_exactly_the_hold_time_is_still_in_time(pipe: Pipe) -> None:
    pipe.apply(campaigns=[RULE])
    pipe.link(DEPOSIT)
    pipe.drain()
    pipe.clock.advance(30 * MINUTE)
    pipe.login("ada")
    pipe.drain()
    assert len(pipe.rows("runs", "id")) == 1


def test_a_visitor_seen_before_is_held_too_when_his_envelope_names_nobody(pipe: Pipe) -> None:
    pipe.login("ada")
    pipe.link(DEPOSIT)
    pipe.drain()
    assert pipe.rows("events", "status", type="deep_link") == [events.HELD]


def test_a_broken_link_is_refused_with_its_code_once_the_user_is_known(pipe: Pipe) -> None:
    pipe.link("dp:action")
    pipe.login("ada")
    pipe.drain()
    assert pipe.rows("events", "status", "reason")[0] == (events.REFUSED, "missing_action")


def test_another_verb_triggers_campaigns_on_links(pipe: Pipe) -> None:
    rule = {"key": "inbox", "kind": "rule", "trigger": {"link": "inbox"}, "do": [{"tag": {"add": ["reader"]}}]}
    pipe.apply(campaigns=[rule])
    pipe.link("dp:inbox&id=7")
    pipe.login("ada")
    pipe.drain()
    assert pipe.rows("users", "tags") == [["reader"]]
    assert pipe.rows("events", "type", "verb", "payload")[0] == ("deep_link", "inbox", {"id": "7"})


def test_the_registry_counts_a_link_when_it_is_decoded_and_a_held_action_once(pipe: Pipe) -> None:
    pipe.link(DEPOSIT)
    pipe.browser(events.CLIENT_ACTION, {"client_action": "Clicked", "amount": 12})
    pipe.drain()
    assert pipe.rows("action_counts", "name", "count", "fields") == [("Clicked", 1, {"amount": ["number"]})]
    pipe.login("ada")
    pipe.drain()
    assert sorted(pipe.rows("action_counts", "name", "count", "fields")) == [
        ("Clicked", 1, {"amount": ["number"]}),
        ("DEPOSIT_OPENED", 1, {"amount": ["text"]}),
    ]
