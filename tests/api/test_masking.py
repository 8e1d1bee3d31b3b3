from typing import Any

import pytest

from cueline.events import MASK
from tests.api.house import House

SECRET = "hush-hush-7"


def shown(house: House) -> str:
    """Everything that a list shows, but the deliveries with their bodies."""
    paths = ("/api/v1/events", "/api/v1/users/42/timeline", "/api/v1/actions")
    return "".join(house.api.get(path).text for path in paths)


@pytest.mark.parametrize(
    ("path", "payload"),
    [
        ("link", {"link": SECRET}),
        ("card.number", {"card": {"number": SECRET}}),
        ("card", {"card": {"number": [SECRET]}}),
        ("cards.number", {"cards": [{"number": SECRET}, {"number": SECRET}]}),
        ("card.number", {"card.number": SECRET}),
    ],
)
def test_a_secret_payload_value_is_masked(house: House, path: str, payload: dict[str, Any]) -> None:
    house.rows.action("TEST", secret=[path])
    house.rows.event(payload | {"amount": 12}, user_id=house.rows.user())
    assert SECRET not in shown(house)
    [event] = house.api.items("/api/v1/events")
    assert event["payload"]["amount"] == 12
    assert MASK in event["payload"].__repr__()


def test_another_action_is_not_masked(house: House) -> None:
    house.rows.action("OTHER", secret=["link"])
    house.rows.event({"link": "plain"})
    assert house.api.items("/api/v1/events")[0]["payload"] == {"link": "plain"}


@pytest.mark.parametrize(
    "link",
    [
        f"dp:action&action=TEST&token={SECRET}&x=1",
        f"dp:action&token={SECRET}&action=TEST",
        f"DP:ACTION&ACTION=TEST&%74oken={SECRET}",
        f"dp:action&action=%54EST&token={SECRET}",
        f"dp:action&token={SECRET}",  # broken: whose parameter it is cannot be told
    ],
)
def test_a_deep_link_is_masked_where_its_action_is(house: House, link: str) -> None:
    house.rows.action("TEST", secret=["token"])
    user = house.rows.user()
    house.rows.event({"link": link}, type="deep_link", action=None, status="held", user_id=user)
    house.rows.event({"token": SECRET}, action="TEST", verb="action", link=link, user_id=user)
    assert SECRET not in shown(house)


def test_a_deep_link_of_an_open_action_is_shown_whole(house: House) -> None:
    house.rows.action("TEST", secret=["token"])
    house.rows.event({}, action="OPEN", verb="action", link="dp:action&action=OPEN&token=1")
    assert house.api.items("/api/v1/events")[0]["link"] == "dp:action&action=OPEN&token=1"


def test_a_condition_does_not_tell_the_secret_it_looked_at(house: House) -> None:
    house.rows.action("TEST", secret=["code"])
    leaf = {"path": "event.code", "op": "equals", "wanted": "x", "found": SECRET}
    match = {"campaign": "c", "version": 1, "verdict": "not_entered", "reason": "condition", "leaf": leaf}
    house.rows.event({"code": SECRET}, user_id=house.rows.user(), matches=[match])
    assert SECRET not in shown(house)
    assert house.api.items("/api/v1/events")[0]["matches"][0]["leaf"]["path"] == "event.code"


def test_what_a_run_took_from_a_secret_is_masked_in_the_timeline(house: House) -> None:
    house.rows.action("TEST", secret=["code"])
    user, campaign = house.rows.user(), house.rows.campaign("c")
    event = house.rows.event({"code": SECRET}, user_id=user)
    run = house.rows.run(campaign, user, event, {"effect": "set", "property": "last", "value": SECRET})
    house.rows.delivery(run, user, event, subject=f"Your code {SECRET}", html=f"<p>{SECRET}</p>")
    assert SECRET not in shown(house)
    subject = house.api.items("/api/v1/users/42/timeline")[0]["subject"]
    assert subject == f"Your code {MASK}"


def test_the_body_of_a_delivery_is_shown_as_sent(house: House) -> None:
    house.rows.action("TEST", secret=["code"])
    user, campaign = house.rows.user(), house.rows.campaign("c")
    event = house.rows.event({"code": SECRET}, user_id=user)
    house.rows.delivery(house.rows.run(campaign, user, event), user, event, html=f"<p>{SECRET}</p>")
    assert house.api.items("/api/v1/deliveries")[0]["html"] == f"<p>{SECRET}</p>"
