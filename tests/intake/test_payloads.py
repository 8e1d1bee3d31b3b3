"""The payloads of built-in types, at both doors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cueline.intake.event import Accepted, Rejected, check_browser_event, check_server_event

NOW = 1_763_890_000_000


def browser(type_: str, payload: Any) -> Any:
    event = json.dumps({"eid": "e", "type": type_, "payload": payload}).encode()
    return outcome(check_browser_event(event, received_ms=NOW, sent_at_ms=NOW))


def server(type_: str, payload: Any) -> Any:
    event = {"eid": "e", "event_type": type_, "payload": payload, "user_ext_id": "42"}
    return outcome(check_server_event(json.dumps(event).encode(), received_ms=NOW))


def outcome(verdict: Accepted | Rejected) -> Any:
    return verdict.code if isinstance(verdict, Rejected) else json.loads(bytes(verdict.payload))


BOTH = pytest.mark.parametrize("door", [browser, server])


@BOTH
@pytest.mark.parametrize("name", ["x", "x" * 100, "CashierSubmitClicked", "a b", "😀", "a\u2028b"])
def test_an_action_has_a_name(door: Any, name: str) -> None:
    assert door("client_action", {"client_action": name, "amount": 12}) == {"client_action": name, "amount": 12}


@BOTH
@pytest.mark.parametrize("name", ["", "x" * 101, " a", "a ", "\ta", "a\n", "a\x7fb", "a\x00b", "a\x1fb", 5, None, []])
def test_an_action_without_a_proper_name_is_refused(door: Any, name: Any) -> None:
    assert door("client_action", {"client_action": name}) in ("bad_action", "bad_text")
    assert door("client_action", {"action": name}) in ("bad_action", "bad_text")


@BOTH
def test_an_action_needs_a_name(door: Any) -> None:
    assert door("client_action", {"amount": 1}) == "bad_action"


@BOTH
def test_action_is_another_spelling_of_client_action(door: Any) -> None:
    assert door("client_action", {"action": "A", "amount": 12}) == {"client_action": "A", "amount": 12}


@BOTH
def test_beside_client_action_the_field_action_is_the_senders_own(door: Any) -> None:
    assert door("client_action", {"client_action": "A", "action": "B"}) == {"client_action": "A", "action": "B"}


@BOTH
@pytest.mark.parametrize("link", ["dp:action&action=TEST5", "nonsense", "", "x" * 4_096])
def test_a_deep_link_is_taken_raw(door: Any, link: str) -> None:
    assert door("deep_link", {"link": link}) == {"link": link}


@BOTH
@pytest.mark.parametrize("payload", [{}, {"link": None}, {"link": 5}, {"link": "x" * 4_097}])
def test_a_deep_link_needs_its_link(door: Any, payload: Any) -> None:
    assert door("deep_link", payload) == "bad_link"


@pytest.mark.parametrize("type_", ["login", "update_profile"])
def test_a_browsers_properties_stand_in_properties(type_: str) -> None:
    assert browser(type_, {"properties": {"first_name": "Ada"}}) == {"properties": {"first_name": "Ada"}}
    assert browser(type_, {}) == {"properties": {}}
    assert browser(type_, {"properties": []}) == "bad_properties"
    assert browser(type_, {"properties": None}) == "bad_properties"


@pytest.mark.parametrize("type_", ["login", "update_profile"])
def test_a_servers_payload_is_the_properties(type_: str) -> None:
    expected = {"properties": {"first_name": "Ada", "vip": True}}
    assert server(type_, {"first_name": "Ada", "vip": True}) == expected
    assert server(type_, expected) == expected
    assert server(type_, {}) == {"properties": {}}
    assert server(type_, {"properties": "red", "x": 1}) == {"properties": {"properties": "red", "x": 1}}


@pytest.mark.parametrize("name", ["", "x" * 129, "a\nb"])
def test_a_propertys_name_can_be_read_by_people(name: str) -> None:
    assert browser("update_profile", {"properties": {name: 1}}) == "bad_properties"
    assert server("update_profile", {name: 1}) == "bad_properties"


@BOTH
def test_tags_are_an_operation_and_values(door: Any) -> None:
    for operation in ("add", "remove", "replace"):
        assert door("tags", {"op": operation, "values": ["vip"]}) == {"op": operation, "values": ["vip"]}
    assert door("tags", {"op": "clear"}) == {"op": "clear", "values": []}


@BOTH
@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"op": "set", "values": []},
        {"op": [], "values": []},
        {"op": "add", "values": "vip"},
        {"op": "add", "values": [5]},
        {"op": "add", "values": [""]},
        {"op": "add", "values": ["x" * 129]},
        {"op": "add", "values": ["a\nb"]},
        {"op": "add", "values": ["x"] * 201},
    ],
)
def test_other_tags_are_refused(door: Any, payload: Any) -> None:
    assert door("tags", payload) == "bad_tags"


@BOTH
@pytest.mark.parametrize("type_", ["logout", "page", "anything"])
def test_any_other_type_takes_any_payload(door: Any, type_: str) -> None:
    assert door(type_, {"properties": 5, "link": []}) == {"properties": 5, "link": []}
