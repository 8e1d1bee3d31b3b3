"""Rules through the real pipe: conditions, entry policy, effects, sources, and the stored answer to "why not?"."""

import sys
from typing import Any

import pytest

from cueline import clock, events
from cueline.deeplinks import action_link, sign
from cueline.store import workspaces
from cueline.store.session import reading, writing
from tests.drain.pipe import NOW, Pipe

DAY = 86_400_000
PIGGY = {
    "key": "piggy-bank",
    "kind": "rule",
    "trigger": {"action": "PIGGY-BANK-CLICK"},
    "where": {
        "all": [
            {"path": "event.prize", "op": "equals", "value": "ABC"},
            {"path": "event.amount", "op": "greater_than", "value": 100},
        ]
    },
    "entry": {"limit": 3, "window": "1d"},
    "do": [{"points": 10}, {"tag": {"add": ["piggy"]}}],
}


def rule(key: str, action: str, do: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"key": key, "kind": "rule", "trigger": {"action": action}, "do": do, **more}


def matches(pipe: Pipe, number: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pipe.rows("events", "matches")[number]
    return found


def test_points_tags_and_the_ledger_are_written(pipe: Pipe) -> None:
    pipe.apply(campaigns=[PIGGY])
    pipe.action("PIGGY-BANK-CLICK", prize="ABC", amount=150)
    pipe.drain()
    assert pipe.rows("users", "points", "tags") == [({"default": 10}, ["piggy"])]
    assert pipe.rows("ledger", "currency", "amount") == [("default", 10)]
    assert matches(pipe, 0) == [{"campaign": "piggy-bank", "version": 1, "verdict": "entered"}]


def test_the_leaf_that_said_no_is_kept_with_what_it_found(pipe: Pipe) -> None:
    pipe.apply(campaigns=[PIGGY])
    pipe.action("PIGGY-BANK-CLICK", prize="ABC", amount=99)
    pipe.drain()
    assert pipe.rows("events", "status") == [events.UNMATCHED]
    leaf = {"path": "event.amount", "op": "greater_than", "wanted": 100, "found": 99}
    assert matches(pipe, 0) == [
        {"campaign": "piggy-bank", "version": 1, "verdict": "not_entered", "reason": "condition", "leaf": leaf}
    ]


def test_a_secret_value_is_masked_in_the_answer(pipe: Pipe) -> None:
    where = {"path": "event.token", "op": "equals", "value": "x"}
    negative = {"not": {"not": where}}
    pipe.apply(
        actions=[{"name": "reset", "secret": ["token"]}],
        campaigns=[rule("r", "reset", [{"tag": {"add": ["t"]}}], where=negative)],
    )
    pipe.action("reset", token="s3cret-value")
    pipe.drain()
    assert matches(pipe, 0)[0]["leaf"]["found"] == events.MASK
    assert "s3cret-value" not in str(pipe.rows("action_counts", "fields"))


def test_the_limit_holds_within_the_window_and_is_free_again_after_it(pipe: Pipe) -> None:
    pipe.apply(campaigns=[PIGGY])
    for _ in range(2):
        for _ in range(3):
            pipe.action("PIGGY-BANK-CLICK", prize="ABC", amount=101)
        pipe.drain()
    assert pipe.rows("users", "points") == [{"default": 30}]
    assert matches(pipe, 5)[0]["reason"] == "limit_reached"
    pipe.clock.advance(DAY + 1)
    pipe.action("PIGGY-BANK-CLICK", prize="ABC", amount=101)
    pipe.drain()
    assert pipe.rows("users", "points") == [{"default": 40}]


def test_a_campaign_sees_what_an_earlier_one_did_to_the_user(pipe: Pipe) -> None:
    second = rule("b", "A", [{"set": {"seen": True}}], where={"path": "user.tags", "op": "contains", "value": "x"})
    pipe.apply(campaigns=[rule("a", "A", [{"tag": {"add": ["x"]}}]), second])
    pipe.action("A")
    pipe.drain()
    assert pipe.rows("users", "properties") == [{"seen": True}]


def test_once_is_once_even_over_batches(pipe: Pipe) -> None:
    pipe.apply(campaigns=[rule("a", "A", [{"points": 1}], entry={"key": "once"})])
    for _ in range(2):
        pipe.action("A")
        pipe.action("A")
        pipe.drain()
    assert pipe.rows("users", "points") == [{"default": 1}]
    assert matches(pipe, 3)[0]["reason"] == "already_entered"


def test_an_event_older_than_max_age_enters_nothing(pipe: Pipe) -> None:
    pipe.apply(campaigns=[rule("a", "A", [{"tag": {"add": ["x"]}}])])
    pipe.server("client_action", {"client_action": "A"}, at_ms=NOW - DAY - 1)
    pipe.drain()
    assert matches(pipe, 0)[0]["reason"] == "too_old"


def test_an_action_from_a_source_that_is_not_allowed_is_refused_and_triggers_nothing(pipe: Pipe) -> None:
    pipe.apply(
        actions=[{"name": "PAID", "sources": ["server"]}],
        campaigns=[rule("paid", "PAID", [{"points": 5}])],
    )
    pipe.browser("client_action", {"client_action": "PAID"}, user_ext_id="ada")
    pipe.link("dp:action&action=PAID", user_ext_id="ada")
    pipe.action("PAID")
    pipe.drain()
    found = pipe.rows("events", "source", "status", "reason")
    assert ("browser", events.REFUSED, "source_not_allowed") in found
    assert ("link", events.REFUSED, "source_not_allowed") in found
    assert ("server", events.MATCHED, None) in found
    assert pipe.rows("users", "points") == [{"default": 5}]


def signed(pipe: Pipe, **more: Any) -> str:
    with reading(pipe.engine) as connection:
        found = workspaces.by_id(connection, pipe.workspace_id)
    assert found is not None
    kid, secret = next(iter(found.link_secrets.items()))
    return sign(action_link("GIFT", {}), workspace_id=pipe.workspace_id, secret=secret, kid=kid, **more)


GIFT = {
    "actions": [{"name": "GIFT", "sources": ["signed_link"]}],
    "campaigns": [rule("gift", "GIFT", [{"points": 7}])],
}


def test_a_signed_link_enters_a_campaign_once_per_user(pipe: Pipe) -> None:
    pipe.apply(**GIFT)
    link = signed(pipe)
    for user in ("ada", "ada", "bob"):
        pipe.link(link, user_ext_id=user)
        pipe.drain()
    assert pipe.rows("users", "ext_id", "points") == [("ada", {"default": 7}), ("bob", {"default": 7})]
    assert pipe.rows("events", "source") == ["signed_link"] * 3
    assert matches(pipe, 1)[0]["reason"] == "already_entered"


def test_a_nonce_makes_a_link_work_once_per_workspace(pipe: Pipe) -> None:
    pipe.apply(**GIFT)
    link = signed(pipe, nonce="n1")
    pipe.link(link, user_ext_id="ada")
    pipe.link(link, user_ext_id="bob", visitor="v2")
    pipe.drain()
    pipe.link(link, user_ext_id="cid", visitor="v3")
    pipe.drain()
    assert sorted(pipe.rows("events", "status")) == [events.MATCHED, events.REFUSED, events.REFUSED]
    assert set(pipe.rows("events", "reason", status=events.REFUSED)) == {"link_used"}
    assert len(pipe.rows("ledger", "amount")) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda link: link.replace("GIFT", "GIFU"), "bad_signature"),
        (lambda link: link[:-1] + ("0" if link[-1] != "0" else "1"), "bad_signature"),
    ],
)
def test_a_forged_signature_is_refused_with_its_reason(pipe: Pipe, change: Any, reason: str) -> None:
    pipe.apply(**GIFT)
    pipe.link(change(signed(pipe)), user_ext_id="ada")
    pipe.drain()
    assert pipe.rows("events", "status", "reason", "source") == [(events.REFUSED, reason, "link")]


def test_an_expired_link_is_refused(pipe: Pipe) -> None:
    pipe.apply(**GIFT)
    pipe.link(signed(pipe, exp_s=NOW // 1000 - 1), user_ext_id="ada")
    pipe.drain()
    assert pipe.rows("events", "reason") == ["link_expired"]


def test_an_unverified_browser_never_changes_what_a_server_wrote(pipe: Pipe) -> None:
    pipe.server("update_profile", {"properties": {"email": "ada@shop.example"}})
    thief = {"properties": {"email": "thief@evil.example", "nick": "x"}}
    pipe.browser("login", thief, user_ext_id="ada")
    pipe.drain()
    assert pipe.rows("users", "properties") == [{"email": "ada@shop.example", "nick": "x"}]
    assert pipe.rows("events", "reason", type="login") == ["protected:email"]


def test_a_verified_browser_may(pipe: Pipe) -> None:
    pipe.server("update_profile", {"properties": {"email": "ada@shop.example"}})
    pipe.browser("login", {"properties": {"email": "new@shop.example"}}, user_ext_id="ada", verified=True)
    pipe.drain()
    assert pipe.rows("users", "properties") == [{"email": "new@shop.example"}]


def test_an_applied_document_is_in_force_with_the_next_batch(pipe: Pipe) -> None:
    pipe.action("A")
    pipe.drain()
    pipe.apply(campaigns=[rule("a", "A", [{"tag": {"add": ["x"]}}])])
    pipe.action("A")
    pipe.drain()
    assert pipe.rows("events", "status") == [events.UNMATCHED, events.MATCHED]


def test_a_paused_campaign_starts_nothing(pipe: Pipe) -> None:
    pipe.apply(campaigns=[rule("a", "A", [{"tag": {"add": ["x"]}}], state="paused")])
    pipe.action("A")
    pipe.drain()
    assert pipe.rows("events", "status") == [events.UNMATCHED]


def test_two_workspaces_share_a_stream_and_nothing_else(pipe: Pipe) -> None:
    with writing(pipe.engine) as connection:
        other = workspaces.create(connection, name="other", now_ms=NOW, identity_mode="off", origins=["*"])
    pipe.apply(campaigns=[rule("a", "A", [{"tag": {"add": ["x"]}}])])
    pipe.server("client_action", {"client_action": "A"}, workspace_id=other.id, eid="same")
    pipe.server("client_action", {"client_action": "A"}, eid="same")
    pipe.drain()
    found = dict(pipe.rows("users", "workspace_id", "tags"))
    assert found == {pipe.workspace_id: ["x"], other.id: []}


def test_a_browser_cannot_burn_a_servers_eid(pipe: Pipe) -> None:
    pipe.browser("client_action", {"client_action": "A"}, eid="order-7", user_ext_id="ada")
    pipe.server("client_action", {"client_action": "A"}, eid="order-7")
    pipe.drain()
    assert len(pipe.rows("events", "eid")) == 2


def test_a_day_is_a_day_of_the_workspaces_time_zone(pipe: Pipe) -> None:
    """09:26 and 10:06 in UTC are 23:26 and 00:06 of the next day on Kiritimati."""
    with writing(pipe.engine) as connection:
        workspaces.change(connection, pipe.workspace_id, timezone="Pacific/Kiritimati")
    pipe.apply(campaigns=[rule("a", "A", [{"points": 1}], entry={"key": "day"})])
    for _ in range(2):
        pipe.action("A")
        pipe.drain()
        pipe.clock.advance(40 * 60_000)
    assert pipe.rows("runs", "entry_key") == ["day:2025-11-23", "day:2025-11-24"]


def test_a_secret_field_as_entry_key_is_stored_as_a_hash_and_still_enters_once(pipe: Pipe) -> None:
    entry = {"key": "event.token"}
    pipe.apply(
        actions=[{"name": "reset", "secret": ["token"]}],
        campaigns=[rule("r", "reset", [{"tag": {"add": ["t"]}}], entry=entry)],
    )
    for _ in range(2):
        pipe.action("reset", token="s3cret-value")
        pipe.drain()
    keys = pipe.rows("runs", "entry_key")
    assert len(keys) == 1
    assert "s3cret-value" not in keys[0]


def test_now_and_the_calendar_are_those_of_the_users_zone(pipe: Pipe) -> None:
    """In an hour it is 10:26 of the 23rd in UTC, and 00:26 of the 24th on Kiritimati."""
    soon = {"path": "event.due", "op": "within_next", "value": "1h"}
    that_day = {"path": "event.due", "op": "on", "value": "2025-11-24"}
    wheres = {"soon": soon, "that-day": that_day}
    pipe.apply(campaigns=[rule(key, "Booked", [{"tag": {"add": [key]}}], where=wheres[key]) for key in wheres])
    pipe.server("update_profile", {"properties": {"timezone": "Pacific/Kiritimati"}}, user="ada")
    for user in ("ada", "bob"):
        pipe.action("Booked", user=user, due=clock.to_iso(NOW + 3_599_000))
    pipe.drain()
    assert dict(pipe.rows("users", "ext_id", "tags")) == {"ada": ["soon", "that-day"], "bob": ["soon"]}


RESET = {"path": "meta.action", "op": "equals", "value": "RESET"}


def counting(op: str, value: int, **inside: Any) -> dict[str, Any]:
    return {"history": {"action": "PAY", **inside}, "op": op, "value": value}


def test_the_event_that_is_decided_and_those_of_earlier_batches_and_of_this_one_are_looked_back_at(pipe: Pipe) -> None:
    pipe.apply(campaigns=[rule("third", "PAY", [{"tag": {"add": ["third"]}}], where=counting("equals", 3))])
    pipe.action("PAY")
    pipe.action("PAY", user="bob")
    pipe.drain()
    assert pipe.rows("users", "tags") == [[], []]
    pipe.action("PAY")
    pipe.action("PAY")
    pipe.action("PAY")
    pipe.drain()
    verdicts = [[match["verdict"] for match in found] for found in pipe.rows("events", "matches")]
    assert verdicts == [["not_entered"], ["not_entered"], ["not_entered"], ["entered"], ["not_entered"]]
    assert matches(pipe, 4)[0]["leaf"] == {"path": "history.PAY", "op": "equals", "wanted": 3, "found": 4}


def test_a_span_a_field_and_a_condition_narrow_what_is_looked_back_at(pipe: Pipe) -> None:
    big = {"path": "event.to", "op": "equals", "value": "shop"}
    enough = counting("at_least", 100, within="1d", sum="event.amount", where=big)
    pipe.apply(campaigns=[rule("spent", "PAY", [{"tag": {"add": ["spender"]}}], where=enough)])
    pipe.action("PAY", amount=90, to="shop")
    pipe.drain()
    pipe.clock.advance(DAY + 1)
    pipe.action("PAY", amount=60, to="shop")
    pipe.action("PAY", amount=60, to="friend")
    pipe.drain()
    assert pipe.rows("users", "tags") == [[]]
    pipe.action("PAY", amount="40", to="shop")
    pipe.drain()
    assert pipe.rows("users", "tags") == [["spender"]]


def test_links_and_held_events_are_part_of_the_past_and_refused_ones_are_not(pipe: Pipe) -> None:
    pipe.apply(
        actions=[{"name": "PAY", "sources": ["link"]}],
        campaigns=[rule("two", "PAY", [{"tag": {"add": ["two"]}}], where=counting("equals", 2))],
    )
    pipe.action("PAY", user="ada")
    pipe.link("dp:action&action=PAY")
    pipe.drain()
    pipe.login("ada")
    pipe.drain()
    assert pipe.rows("users", "tags") == [[]]
    pipe.link("dp:action&action=PAY", user_ext_id="ada")
    pipe.drain()
    assert pipe.rows("users", "tags") == [["two"]]


@pytest.mark.parametrize("of", [{"action": "RESET"}, {"event": "client_action", "where": RESET}])
def test_a_secret_field_that_was_looked_back_at_is_masked_in_the_answer(pipe: Pipe, of: dict[str, Any]) -> None:
    last = {"history": {**of, "last": "event.token"}, "op": "equals", "value": "x"}
    pipe.apply(
        actions=[{"name": "RESET", "secret": ["token"]}],
        campaigns=[rule("r", "PAY", [{"tag": {"add": ["t"]}}], where=last)],
    )
    pipe.action("RESET", token="s3cret-value")
    pipe.action("PAY")
    pipe.drain()
    assert matches(pipe, 1)[0]["leaf"]["found"] == events.MASK


def test_a_segment_is_asked_and_what_it_says_changes_with_the_next_batch(pipe: Pipe) -> None:
    vip = {"path": "user.tags", "op": "contains", "value": "vip"}
    pipe.apply(
        segments=[{"key": "vips", "where": vip}, {"key": "others", "where": {"not": {"segment": "vips"}}}],
        campaigns=[rule("c", "A", [{"points": 1}], where={"segment": "others"}, entry={"limit": 9})],
    )
    pipe.action("A")
    pipe.drain()
    pipe.apply(segments=[{"key": "vips", "where": {"not": vip}}])
    pipe.action("A")
    pipe.drain()
    assert [found[0]["verdict"] for found in pipe.rows("events", "matches")] == ["entered", "not_entered"]
    assert matches(pipe, 1)[0]["leaf"]["path"] == "user.tags"


def test_a_sum_beyond_what_can_be_stored_still_decides_and_is_told(pipe: Pipe) -> None:
    little = counting("less_than", 5, sum="event.amount")
    pipe.apply(campaigns=[rule("c", "PAY", [{"points": 1}], where=little, entry={"limit": 9})])
    for amount in (2**63 - 1, 2**63 - 1, 1.7e308, 1.7e308):
        pipe.action("PAY", amount=amount)
    pipe.drain()
    assert pipe.rows("dead_letters", "error") == []
    told = [float(found[0]["leaf"]["found"]) for found in pipe.rows("events", "matches")]
    assert told == [2**63, 2**64, 1.7e308, sys.float_info.max]
