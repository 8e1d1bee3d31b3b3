"""A dead letter is fixed with the checks of the doors, and remembers who changed what."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cueline import events
from cueline.deadletters.edit import Conflict, merged
from cueline.deadletters.letter import event_of
from cueline.errors import CuelineError, EventRefused
from cueline.events import MASK
from tests.deadletters.hospital import Hospital
from tests.drain.pipe import NOW


def test_a_letter_that_was_fixed_is_handled_as_what_it_is_now(hospital: Hospital) -> None:
    letter = hospital.die(amount="12", note="x")
    hospital.edit(letter, payload={"client_action": "Fine", "amount": 12, "note": None}, user_ext_id="bob", at=NOW - 5)
    hospital.replay(letter)
    hospital.pipe.drain()
    (found,) = hospital.pipe.rows("events", "action", "payload", "status", "at_ms")
    assert found == ("Fine", {"client_action": "Fine", "amount": 12}, events.UNMATCHED, NOW - 5)
    assert hospital.pipe.rows("users", "ext_id") == ["bob"]


def test_who_changed_what_stays_with_the_letter(hospital: Hospital) -> None:
    letter = hospital.die(amount="12")
    hospital.edit(letter, payload={"amount": 12})
    hospital.edit(letter, user_ext_id="bob")
    first, second = hospital.shown(letter)["edits"]
    assert first == {
        "at_ms": NOW,
        "by": "test",
        "changes": [{"field": "payload.amount", "from": "12", "to": 12}],
    }
    assert second["changes"] == [{"field": "user_ext_id", "from": "ada", "to": "bob"}]


def test_a_change_that_changes_nothing_is_not_written_down(hospital: Hospital) -> None:
    letter = hospital.die(amount=12)
    assert hospital.edit(letter, payload={"amount": 12}, type="client_action").edits == []


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"payload": {"client_action": ""}}, "bad_action"),
    ({"payload": {"note": "a\0b"}}, "bad_text"),
    ({"payload": {"note": "\ud800"}}, "bad_text"),
    ({"payload": {"amount": float("nan")}}, "bad_number"),
    ({"payload": {"amount": 2**70}}, "bad_number"),
    ({"payload": {f"k{i}": i for i in range(300)}}, "too_many_keys"),
    ({"type": "email_sent"}, "reserved_type"),
    ({"type": "x" * 200}, "bad_type"),
    ({"at": "yesterday"}, "bad_time"),
    ({"at": -1}, "bad_time"),
    ({"at": NOW - 40 * 86_400_000}, "too_old"),
    ({"at": NOW + 3_600_000}, "in_future"),
    ({"user_ext_id": ""}, "bad_user"),
    ({"user_ext_id": "a\0"}, "bad_user"),
    ({"payload": {"note": "x" * 300_000}}, "event_too_large"),
]


def test_what_a_door_would_refuse_is_refused_here(hospital: Hospital) -> None:
    letter = hospital.die()
    for change, code in REFUSED:
        with pytest.raises(EventRefused) as refused:
            hospital.edit(letter, **change)
        assert refused.value.code == code, change
    assert hospital.letters() == [letter]


def test_a_payload_nested_without_end_is_refused(hospital: Hospital) -> None:
    deep: dict[str, Any] = {}
    for _ in range(5_000):
        deep = {"a": deep}
    with pytest.raises(EventRefused, match="deeper"):
        hospital.edit(hospital.die(), payload=deep)


def test_a_secret_value_is_masked_and_stays_when_its_mask_comes_back(hospital: Hospital) -> None:
    hospital.pipe.apply(actions=[{"name": "reset", "secret": ["link", "card.number"]}])
    letter = hospital.die(link="https://shop.example/r?t=SESAME", card={"number": "4111", "kind": "visa"}, amount="1")
    shown = hospital.shown(letter)["event"]["payload"]
    assert (shown["link"], shown["card"]) == (MASK, {"number": MASK, "kind": "visa"})
    hospital.edit(letter, payload={**shown, "amount": 1})
    entry = event_of(hospital.letters()[0])
    assert entry is not None and b"SESAME" in bytes(entry.payload) and b"4111" in bytes(entry.payload)
    hospital.edit(letter, payload={"link": "https://shop.example/r?t=OTHER", "card": {"number": "4222"}})
    assert not [word for word in ("SESAME", "OTHER", "4111", "4222") if word in str(hospital.shown(letter))]


@pytest.mark.parametrize("change", [{"type": "other"}, {"payload": {"client_action": "Other"}}])
def test_a_secret_is_not_taken_to_where_it_would_be_shown(hospital: Hospital, change: dict[str, Any]) -> None:
    hospital.pipe.apply(actions=[{"name": "Poison", "secret": ["card.number"]}])
    letter = hospital.die(card={"number": "4111", "kind": "visa"})
    with pytest.raises(EventRefused) as refused:
        hospital.edit(letter, **change)
    assert (refused.value.code, refused.value.field) == ("secret_would_show", "payload.card.number")
    without: dict[str, Any] = {"card": {"number": None}}
    hospital.edit(letter, **change | {"payload": {**change.get("payload", {}), **without}})
    assert len(hospital.letters()[0].edits) == 1


def test_a_secret_may_go_to_an_action_that_hides_more(hospital: Hospital) -> None:
    hidden = [{"name": "Poison", "secret": ["card.number"]}, {"name": "Fine", "secret": ["card"]}]
    hospital.pipe.apply(actions=hidden)
    letter = hospital.die(card={"number": "4111"})
    hospital.edit(letter, payload={"client_action": "Fine"})
    assert "4111" not in str(hospital.shown(letter))


def test_an_error_that_quotes_a_secret_is_shown_without_it(hospital: Hospital) -> None:
    hospital.pipe.apply(actions=[{"name": "reset", "secret": ["code"]}])
    letter = hospital.die(code="broken")
    assert "broken" in letter.error
    assert "broken" not in hospital.shown(letter)["error"]


def test_another_user_is_not_the_one_whom_the_page_proved(hospital: Hospital) -> None:
    hospital.die()
    hospital.pipe.browser("client_action", {"client_action": "Poison"}, user_ext_id="ada", verified=True)
    hospital.pipe.drain()
    letter = hospital.letters()[0]
    hospital.edit(letter, user_ext_id="ada", payload={"n": 1})
    entry = event_of(hospital.letters()[0])
    assert entry is not None and entry.verified
    hospital.edit(letter, user_ext_id="bob")
    entry = event_of(hospital.letters()[0])
    assert entry is not None and not entry.verified


def test_only_an_open_letter_with_an_event_of_a_sender_can_be_changed(hospital: Hospital) -> None:
    letter = hospital.die()
    hospital.replay(letter)
    with pytest.raises(Conflict) as conflict:
        hospital.edit(letter, user_ext_id="bob")
    assert conflict.value.code == "already_replayed"
    hospital.pipe.redis.xadd("cueline:{p0}:events", {"e": b"nonsense"})
    ours = msgspec.structs.replace(hospital.pipe.action("Any"), source=events.SYSTEM, workspace_id=77)
    hospital.pipe.put(ours)
    hospital.pipe.drain()
    by_error = {found.error.split(":")[0]: found for found in hospital.letters() if found.id != letter.id}
    with pytest.raises(CuelineError, match="is no event"):
        hospital.edit(by_error["BadEntry"], user_ext_id="bob")
    with pytest.raises(CuelineError, match="outcome of our own"):
        hospital.edit(by_error["UnknownWorkspace"], user_ext_id="bob")


def test_merging_is_json_merge_patch() -> None:
    assert merged({"a": 1, "b": {"c": 2, "d": 3}}, {"a": None, "b": {"c": 9}, "e": [1]}) == {
        "b": {"c": 9, "d": 3},
        "e": [1],
    }
    assert merged({"a": MASK}, {"a": MASK}) == {"a": MASK}
    assert merged({}, {"a": MASK}) == {"a": MASK}
