from urllib.parse import quote

import pytest

from tests.api.house import House

STRANGE = ["a/b", "/a", "a//b", "ä ö", "x?y#z", "100%", "a+b", "\n", "a.b@shop.example", "../x", "timeline"]


def test_a_user_shows_what_is_known(house: House) -> None:
    house.rows.user("42")
    found = house.api.get("/api/v1/users/42").json
    assert found == {
        "user_ext_id": "42",
        "properties": {"email": "ada@shop.example"},
        "tags": ["piggy"],
        "points": {"default": 10},
        "created_at": "2025-11-23T09:26:40.000Z",
        "last_seen_at": "2025-11-23T09:26:40.000Z",
    }


def test_a_user_without_points_has_none_of_the_default_currency(house: House) -> None:
    house.rows.user("42", points={})
    assert house.api.get("/api/v1/users/42").json["points"] == {"default": 0}


def test_an_unknown_user_is_404(house: House) -> None:
    for path in ("/api/v1/users/nobody", "/api/v1/users/nobody/timeline"):
        answer = house.api.get(path)
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize("ext_id", STRANGE)
def test_an_id_may_hold_any_character(house: House, ext_id: str) -> None:
    house.rows.event(user_id=house.rows.user(ext_id))
    path = f"/api/v1/users/{quote(ext_id, safe='')}"
    assert house.api.get(path).json["user_ext_id"] == ext_id
    assert [item["kind"] for item in house.api.items(f"{path}/timeline")] == ["event"]


def test_an_id_that_cannot_be_stored_is_400(house: House) -> None:
    for path in ("/api/v1/users/a%00b", "/api/v1/users/a%00b/timeline"):
        answer = house.api.get(path)
        assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
