from typing import Any

from tests.api.house import House
from tests.api.rows import Rows

PATH = "/api/v1/users/42/timeline"
POINTS = {"effect": "points", "amount": 10, "currency": "default"}
TAG = {"effect": "tag", "add": ["piggy"]}


def story(rows: Rows, *, times: int = 1) -> list[dict[str, Any]]:
    """An event that started a campaign with two effects and a mail, so many times; the newest item first."""
    user, campaign = rows.user("42"), rows.campaign("hello")
    told: list[dict[str, Any]] = []
    for _ in range(times):
        event = rows.event(user_id=user)
        run = rows.run(campaign, user, event, POINTS, TAG)
        delivery = rows.delivery(run, user, event)
        told += [
            {"kind": "event", "id": str(event)},
            {"kind": "entry", "run_id": str(run), "event_eid": f"e{event}"},
            {"kind": "effect", "run_id": str(run), **POINTS},
            {"kind": "effect", "run_id": str(run), **TAG},
            {"kind": "delivery", "id": str(delivery), "state": "kept", "subject": "Hello"},
        ]
    return told[::-1]


def test_a_timeline_tells_the_story_newest_first(house: House) -> None:
    expected = story(house.rows)
    house.rows.event(user_id=house.rows.user("43"))
    found = house.api.items(PATH)
    assert [item["kind"] for item in found] == ["delivery", "effect", "effect", "entry", "event"]
    for item, part in zip(found, expected, strict=True):
        assert part.items() <= item.items()
        assert item["at"] == "2025-11-23T09:26:40.000Z"
        assert item.get("campaign", "hello") == "hello"


def test_a_delivery_in_the_timeline_has_no_body(house: House) -> None:
    story(house.rows)
    assert not {"html", "text"} & set(house.api.items(PATH)[0])


def test_every_page_size_walks_the_same_story(house: House) -> None:
    expected = [(item["kind"], item.get("run_id") or item["id"]) for item in story(house.rows, times=3)]
    for limit in (1, 2, 3, 4, 50):
        found = [item for items in house.api.walk(PATH, limit=limit) for item in items]
        assert [
            (item["kind"], item["run_id"] if item["kind"] in ("entry", "effect") else item["id"]) for item in found
        ] == expected


def test_what_happens_meanwhile_moves_nothing(house: House) -> None:
    expected = story(house.rows, times=2)
    user, campaign = house.rows.user("44"), house.rows.campaign("other")
    seen = []
    for items in house.api.walk(PATH, limit=3):
        seen += items
        house.rows.run(campaign, user, house.rows.event(user_id=user))
    assert [item["kind"] for item in seen] == [item["kind"] for item in expected]


def test_a_cursor_that_is_none_is_400(house: House) -> None:
    house.rows.user("42")
    for cursor in ("1", "a.b", "1.2.3", "%00", "-1.0", "9" * 30 + ".0"):
        assert house.api.get(f"{PATH}?cursor={cursor}").status_code == 400
