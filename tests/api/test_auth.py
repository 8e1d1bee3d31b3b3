import pytest
from sqlalchemy import insert, update

from cueline.api.auth import required_scope
from cueline.store.session import writing
from cueline.store.tables import dead_letters, keys
from tests.api.house import Caller, House
from tests.api.rows import NOW_MS

SCOPED = [
    ("GET", "/api/v1/events", "read"),
    ("POST", "/api/v1/events", "events:write"),
    ("GET", "/api/v1/users/42", "read"),
    ("GET", "/api/v1/users/42/timeline", "read"),
    ("GET", "/api/v1/actions", "read"),
    ("GET", "/api/v1/actions/A", "read"),
    ("POST", "/api/v1/actions", "actions:write"),
    ("GET", "/api/v1/campaigns", "read"),
    ("PUT", "/api/v1/campaigns", "campaigns:write"),
    ("GET", "/api/v1/deliveries", "read"),
    ("GET", "/api/v1/dead-letters", "read"),
    ("GET", "/api/v1/dead-letters/1", "read"),
    ("PATCH", "/api/v1/dead-letters/1", "dead-letters:write"),
    ("POST", "/api/v1/dead-letters/1/replay", "dead-letters:write"),
    ("POST", "/api/v1/dead-letters/1/discard", "dead-letters:write"),
]
ALL = ("read", "events:write", "actions:write", "campaigns:write", "dead-letters:write")


def fill(house: House, caller: Caller | None = None) -> None:
    """Something in each list of the first workspace."""
    user, campaign = house.rows.user("42"), house.rows.campaign("hello")
    event = house.rows.event(user_id=user)
    house.rows.delivery(house.rows.run(campaign, user, event), user, event)
    house.rows.action("A")
    house.rows.count("A", 0, 1)
    letter = {
        "workspace_id": house.workspace_id,
        "partition": 0,
        "stream_id": "1-0",
        "entry": "",
        "error": "",
        "at_ms": 1,
    }
    with writing(house.engine) as connection:
        connection.execute(insert(dead_letters).values(letter))


def test_every_route_is_listed_here_with_its_scope(house: House) -> None:
    adapter = house.app.url_map.bind("localhost")
    routes = {adapter.match(path, method=method)[0] for method, path, _ in SCOPED}
    assert routes == {rule.endpoint for rule in house.app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")}
    with house.app.app_context():
        for method, path, scope in SCOPED:
            assert required_scope(adapter.match(path, method=method)[0]) == scope


@pytest.mark.parametrize(("method", "path", "scope"), SCOPED)
def test_a_key_needs_the_scope_of_the_route(house: House, method: str, path: str, scope: str) -> None:
    lacking = house.caller(*(other for other in ALL if other != scope))
    answer = lacking.send(method, path)
    assert (answer.status_code, answer.json["code"]) == (403, "missing_scope")
    assert scope in answer.json["message"]
    assert house.caller(scope).send(method, path).status_code not in (401, 403)


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in SCOPED])
def test_without_a_key_it_is_401(house: House, method: str, path: str) -> None:
    answer = house.app.test_client().open(path, method=method)
    assert (answer.status_code, answer.json["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        ("Bearer sk_nobody", 401, "unknown_key"),
        ("Bearer", 401, "unauthorized"),
        ("Basic c2tfOng=", 401, "unknown_key"),
        ("Bearer sk_ä", 401, "unknown_key"),
        ("Bearer wk_anything", 403, "write_key"),
        ("wk_anything", 403, "write_key"),
    ],
)
def test_what_is_no_secret_key_is_refused(house: House, header: str, status: int, code: str) -> None:
    answer = house.app.test_client().get("/api/v1/events", headers={"Authorization": header.encode().decode("latin-1")})
    assert (answer.status_code, answer.json["code"]) == (status, code)


@pytest.mark.parametrize("header", ["Bearer {}", "bearer   {}", "{}"])
def test_the_key_is_taken_with_and_without_bearer(house: House, header: str) -> None:
    key = "sk_first-first-first-first"
    answer = house.app.test_client().get("/api/v1/events", headers={"Authorization": header.format(key)})
    assert answer.status_code == 200


def test_a_revoked_key_is_unknown(house: House) -> None:
    with writing(house.engine) as connection:
        connection.execute(update(keys).values(revoked_ms=NOW_MS))
    assert house.api.get("/api/v1/events").json["code"] == "unknown_key"


@pytest.mark.parametrize("path", [path for method, path, _ in SCOPED if method == "GET"])
def test_a_key_sees_nothing_of_another_workspace(house: House, path: str) -> None:
    fill(house)
    own, other = house.api.get(path), house.other.get(path)
    assert own.status_code == 200
    if other.status_code != 404:
        assert other.json in ({"items": [], "next": None}, {})
        assert other.json != own.json
    assert "items" not in (own.json or {}) or own.json["items"]


def test_what_a_key_adds_stays_in_its_workspace(house: House) -> None:
    house.api.post("/api/v1/actions", json={"name": "A"})
    assert house.other.items("/api/v1/actions") == []
