import pytest
from sqlalchemy import select

from cueline.store.session import reading
from cueline.store.tables import workspaces
from tests.api.house import House
from tests.api.rows import NOW_MS

PATH = "/api/v1/actions"


def revision(house: House) -> int:
    with reading(house.engine) as connection:
        query = select(workspaces.c.revision).where(workspaces.c.id == house.workspace_id)
        return int(connection.execute(query).scalar_one())


def test_the_partitions_of_an_action_are_one(house: House) -> None:
    house.rows.action("A", secret=["link"], sources=["server"])
    house.rows.count("A", 0, 2, fields={"amount": ["number"]}, first_seen_ms=NOW_MS - 1000)
    house.rows.count("A", 3, 5, fields={"amount": ["text"], "link": ["text"]}, last_seen_ms=NOW_MS + 1000)
    assert house.api.items(PATH) == [
        {
            "name": "A",
            "sources": ["server"],
            "secret": ["link"],
            "description": "",
            "count": 7,
            "first_seen_at": "2025-11-23T09:26:39.000Z",
            "last_seen_at": "2025-11-23T09:26:41.000Z",
            "fields": {"amount": ["number", "text"], "link": ["text"]},
        }
    ]


def test_an_action_that_was_only_seen_or_only_added_is_listed(house: House) -> None:
    house.rows.action("added")
    house.rows.count("seen", 0, 1)
    assert [(action["name"], action["count"]) for action in house.api.items(PATH)] == [("added", 0), ("seen", 1)]
    assert house.api.get(f"{PATH}/added").json["first_seen_at"] is None
    assert house.api.get(f"{PATH}/seen").json["sources"] is None
    assert house.api.get(f"{PATH}/other").status_code == 404


@pytest.mark.parametrize("name", ["a/b", "/", "ä ö", "100%", "x?y"])
def test_a_name_may_hold_any_character(house: House, name: str) -> None:
    from urllib.parse import quote

    house.rows.count(name, 0, 1)
    assert house.api.get(f"{PATH}/{quote(name, safe='')}").json["name"] == name


def test_the_pages_of_the_registry_hold_every_name_once(house: House) -> None:
    names = ["Zebra", "a b", "b", "é", "Ä", "10", "9", "_", "b&c"]
    for name in names:
        house.rows.count(name, 0, 1)
    found = [action["name"] for items in house.api.walk(PATH, limit=2) for action in items]
    assert sorted(found) == sorted(names)


def test_adding_an_action_is_201_and_drains_hear_of_it(house: House) -> None:
    before = revision(house)
    answer = house.api.post(PATH, json={"name": "A", "sources": ["server"], "secret": ["link"], "description": "x"})
    assert (answer.status_code, answer.json["secret"], answer.json["count"]) == (201, ["link"], 0)
    assert revision(house) == before + 1


def test_what_a_change_leaves_out_stays(house: House) -> None:
    house.api.post(PATH, json={"name": "A", "sources": ["server"], "secret": ["link"]})
    answer = house.api.post(PATH, json={"name": "A", "description": "more"})
    assert answer.status_code == 200
    assert (answer.json["sources"], answer.json["secret"], answer.json["description"]) == (["server"], ["link"], "more")


def test_null_opens_an_action_for_every_source(house: House) -> None:
    house.api.post(PATH, json={"name": "A", "sources": ["server"]})
    assert house.api.post(PATH, json={"name": "A", "sources": None}).json["sources"] is None


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "A", "sources": ["nobody"]}',
        '{"name": "A", "sources": []}',
        '{"name": "A", "secret": ["a..b"]}',
        '{"name": "A", "secret": ["\\u0000"]}',
        '{"name": "A", "colour": 1}',
        '{"name": "\\ud800"}',
        '{"name": "A\\u0000"}',
        '{"name": " A"}',
        '{"name": "A", "description": "\\u0000"}',
        '{"name": 1}',
        "{}",
        "[]",
        "{",
    ],
)
def test_a_wrong_action_is_refused_and_nothing_written(house: House, body: str) -> None:
    answer = house.api.post(PATH, data=body, content_type="application/json")
    assert answer.status_code in (400, 422), answer.text
    assert {"code", "message"} <= set(answer.json)
    assert house.api.items(PATH) == []
