import dataclasses
from collections.abc import Callable

import pytest
from flask import Flask
from redis import ConnectionError as RedisAway
from redis import Redis
from sqlalchemy.exc import OperationalError

from cueline.api import errors
from cueline.errors import HttpError, NotFound, Unavailable
from cueline.store.migrate import upgrade
from cueline.store.session import WEB, open_engine, reading
from tests.api.house import House

LISTS = ("/api/v1/events", "/api/v1/actions", "/api/v1/deliveries")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "limit=", "limit=1.5", "colour=red", "cursor=%00"]
)
def test_a_wrong_parameter_is_named(house: House, path: str, query: str) -> None:
    answer = house.api.get(f"{path}?{query}")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert answer.json["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "99999999999999999999", "9223372036854775808", "٣"])
def test_a_cursor_that_is_none_is_400(house: House, cursor: str) -> None:
    for path in ("/api/v1/events", "/api/v1/deliveries"):
        assert house.api.get(path, query_string={"cursor": cursor}).status_code == 400


@pytest.mark.parametrize(("path", "name"), [("/api/v1/events", "status"), ("/api/v1/deliveries", "state")])
def test_an_unknown_word_is_answered_with_the_known_ones(house: House, path: str, name: str) -> None:
    answer = house.api.get(f"{path}?{name}=lost")
    assert answer.status_code == 400
    assert "'lost' is not known. Allowed: " in answer.json["message"]


@pytest.mark.parametrize("text", ["%00", "a%00b", "%ED%A0%80", "", "a" * 129])
@pytest.mark.parametrize("path", ["/api/v1/events?user=", "/api/v1/events?type=", "/api/v1/deliveries?user="])
def test_a_text_that_no_row_can_have_is_no_server_error(house: House, path: str, text: str) -> None:
    # Bytes that are no UTF-8 reach us as text that is: they find nothing.
    assert house.api.get(path + text).status_code == (200 if "ED" in text else 400)


def test_an_unknown_path_and_a_wrong_method_have_our_body(house: House) -> None:
    nowhere = house.api.get("/api/v1/nowhere")
    assert (nowhere.status_code, nowhere.json["code"]) == (404, "not_found")
    wrong = house.api.put("/api/v1/events")
    assert (wrong.status_code, wrong.json["code"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["Allow"]


def failing(error: Exception) -> Flask:
    app = Flask("failing")
    errors.register(app)

    @app.get("/api/fail")
    def fail() -> str:
        raise error

    return app


@pytest.mark.parametrize(
    "error",
    [Unavailable("away"), RedisAway("away"), OperationalError("SELECT secret", {}, Exception("away"))],
)
def test_a_store_that_is_away_is_503_with_a_time_to_come_back(error: Exception) -> None:
    answer = failing(error).test_client().get("/api/fail")
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert "secret" not in answer.text


def test_a_fault_of_ours_is_500_with_a_mark_that_the_log_has_too(caplog: pytest.LogCaptureFixture) -> None:
    answer = failing(RuntimeError("the secret plan")).test_client().get("/api/fail")
    assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
    assert "secret plan" not in answer.text
    mark = answer.json["message"].split()[-1].rstrip(".")
    assert mark in caplog.text
    assert "the secret plan" in caplog.text


@pytest.mark.parametrize(
    ("make", "status", "code"),
    [
        (lambda: HttpError(429, "too_many_requests", "x", retry_after_s=7), 429, "too_many_requests"),
        (lambda: NotFound("There is no such thing."), 404, "not_found"),
    ],
)
def test_our_own_errors_say_their_status(make: Callable[[], Exception], status: int, code: str) -> None:
    answer = failing(make()).test_client().get("/api/fail")
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.headers.get("Retry-After") == ("7" if status == 429 else None)


def test_when_all_connections_to_sql_are_taken_a_list_is_put_off(database_url: str, redis: Redis) -> None:
    """As it is while the database hangs: the threads of a web process are for events, too."""
    engine = open_engine(database_url, patience=dataclasses.replace(WEB, connections=1, connection_s=0.2))
    upgrade(engine)
    house = House(engine, redis)
    assert house.api.get("/api/v1/events").status_code == 200
    with reading(engine):
        answer = house.api.get("/api/v1/events")
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    engine.dispose()
