import socket
import time
from contextlib import nullcontext
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import create_engine, insert

from cueline.backoffice import feed
from cueline.checks.check import Site
from cueline.checks.examination import PAGE_S, Examiner
from cueline.events import MASK
from cueline.store.session import writing
from cueline.store.tables import dead_letters
from cueline.streams import keys
from cueline.streams.entry import StreamEntry, encode
from tests.api.rows import NOW_MS
from tests.backoffice.house import OTHER_KEY, SETTINGS, House


@pytest.fixture
def client(house: House) -> FlaskClient:
    return house.app("open").test_client()


def test_the_feed_of_an_empty_workspace_is_empty(client: FlaskClient) -> None:
    found = client.get("/status/feed").json
    assert (found["events"], found["mails"], found["entries"], found["actions"]) == ([], [], [], [])


def test_the_feed_tells_what_came_in_and_what_it_did(house: House, client: FlaskClient) -> None:
    user, campaign = house.rows.user("42"), house.rows.campaign("hello")
    event = house.rows.event({"amount": 12}, user_id=user, status="matched")
    run = house.rows.run(campaign, user, event, {"effect": "send", "template": "hello", "channel": "email"})
    mail = house.rows.delivery(run, user, event)
    house.rows.count("TEST", 0, 3, fields={"amount": ["number"]})
    found = client.get("/status/feed").json
    assert (found["events"][0]["id"], found["events"][0]["status"]) == (str(event), "matched")
    assert (
        found["entries"][0] | {"campaign": "hello", "user_ext_id": "42", "event_eid": f"e{event}"}
        == found["entries"][0]
    )
    assert found["entries"][0]["steps"][0]["effect"] == "send"
    assert found["mails"][0] | {"id": str(mail), "state": "kept", "subject": "Hello"} == found["mails"][0]
    assert "not sent" in found["mails"][0]["why"]
    assert (found["actions"][0]["name"], found["actions"][0]["count"]) == ("TEST", 3)
    assert found["actions"][0]["last_seen_at"] == "2025-11-23T09:26:40.000Z"


def test_the_feed_has_no_bodies_and_no_secrets(house: House, client: FlaskClient) -> None:
    house.rows.action("TEST", secret=["link"])
    user, campaign = house.rows.user("42"), house.rows.campaign("hello")
    event = house.rows.event({"link": "hush-hush"}, user_id=user)
    house.rows.delivery(house.rows.run(campaign, user, event), user, event, html="<p>hush-hush</p>")
    text = client.get("/status/feed").text
    assert "hush-hush" not in text
    assert client.get("/status/feed").json["events"][0]["payload"] == {"link": MASK}


def test_a_subject_in_the_feed_shows_no_secret(house: House, client: FlaskClient) -> None:
    house.rows.action("TEST", secret=["token"])
    user, campaign = house.rows.user("42"), house.rows.campaign("hello")
    event = house.rows.event({"token": "SESAME"}, user_id=user)
    house.rows.delivery(house.rows.run(campaign, user, event), user, event, subject="Your code SESAME")
    assert client.get("/status/feed").json["mails"][0]["subject"] == "Your code •••"  # type: ignore[index]


def test_a_viewer_sees_only_his_workspace(house: House) -> None:
    user, campaign = house.rows.user("42"), house.rows.campaign("hello")
    event = house.rows.event(user_id=user)
    mail = house.rows.delivery(house.rows.run(campaign, user, event), user, event)
    house.rows.count("TEST", 0, 1)
    client = house.app("key").test_client()
    client.post("/login", data={"key": OTHER_KEY})
    found = client.get("/status/feed").json
    assert not any(found[name] for name in ("events", "mails", "entries", "actions"))
    assert client.get(f"/status/mails/{mail}").status_code == 404


def test_nothing_new_is_304_and_a_change_is_told(house: House, client: FlaskClient) -> None:
    house.rows.event()
    etag = client.get("/status/feed").headers["ETag"]
    assert client.get("/status/feed", headers={"If-None-Match": etag}).status_code == 304
    house.rows.event()
    assert client.get("/status/feed", headers={"If-None-Match": etag}).status_code == 200


def test_a_mail_is_a_page_that_can_do_nothing(house: House, client: FlaskClient) -> None:
    user, campaign = house.rows.user("42"), house.rows.campaign("hello")
    event = house.rows.event(user_id=user)
    run = house.rows.run(campaign, user, event)
    mail = house.rows.delivery(run, user, event, html='<a href="https://shop.example/reset?t=9">go</a>')
    answer = client.get(f"/status/mails/{mail}")
    policy = answer.headers["Content-Security-Policy"]
    assert '<a href="https://shop.example/reset?t=9">go</a>' in answer.text
    assert policy.startswith("sandbox")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy


def test_a_text_mail_is_escaped(house: House, client: FlaskClient) -> None:
    user, campaign = house.rows.user("42"), house.rows.campaign("hello")
    event = house.rows.event(user_id=user)
    run = house.rows.run(campaign, user, event)
    mail = house.rows.delivery(run, user, event, html=None, text="<b>1 < 2</b>")
    assert "<pre>&lt;b&gt;1 &lt; 2&lt;/b&gt;</pre>" in client.get(f"/status/mails/{mail}").text


def test_there_is_no_mail_with_a_number_that_is_none(client: FlaskClient) -> None:
    for number in ("0", "9223372036854775808", "9" * 40):
        assert client.get(f"/status/mails/{number}").status_code == 404


def test_the_page_allows_no_script_but_ours(client: FlaskClient) -> None:
    page = client.get("/")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "<script>" not in page.text
    assert " style=" not in page.text


def test_the_page_shows_what_to_do_first(client: FlaskClient) -> None:
    page = client.get("/").text
    assert 'href="/demo/"' in page
    assert "curl -X POST" in page


def test_health_counts_what_waits_and_for_how_long(house: House, client: FlaskClient) -> None:
    house.redis.xadd(keys.stream(1), {"e": "x"}, id=f"{NOW_MS - 7000}-0")
    house.redis.xadd(keys.stream(2), {"e": "x"}, id=f"{NOW_MS - 10}-0")
    found = client.get("/status/feed").get_json()["health"]
    assert (found["backlog"], found["lag_ms"]) == (2, 7000)


def test_what_is_wrong_is_what_the_doctor_says_without_addresses(house: House, client: FlaskClient) -> None:
    found = client.get("/status/feed").get_json()["health"]
    site = Site(
        SETTINGS,
        house.clock,
        redis=lambda: nullcontext(house.redis),
        queues=lambda: nullcontext(house.redis),
        engine=lambda: nullcontext(house.engine),
    )
    wrong = [check for check in Examiner(site, within_s=60).all() if check.is_wrong]
    wrong.sort(key=lambda check: check.level != "fail")
    assert [(one["level"], one["name"], one["found"], one["advice"]) for one in found["wrong"]] == [
        (check.level, check.name, check.found, check.advice) for check in wrong
    ]
    assert {"Clock", "Drains", "Deliver"} <= {one["name"] for one in found["wrong"]}


def test_a_redis_that_is_away_is_said_and_the_lists_stay(house: House) -> None:
    house.rows.event()
    house.redis = Redis(host="127.0.0.1", port=1)
    found = feed.snapshot(house.looks(SETTINGS), house.engine, 1)
    assert found["health"]["redis"] is False
    assert "Redis does not answer" in found["health"]["wrong"][0]["found"]
    assert len(found["events"]) == 1


def test_a_redis_that_hangs_holds_the_page_up_for_a_moment_and_no_more(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        house.redis = Redis(host="127.0.0.1", port=silent.getsockname()[1], socket_timeout=30)
        looks = house.looks(SETTINGS, within_s=PAGE_S)
        began_s = time.monotonic()
        first = feed.snapshot(looks, house.engine, 1)["health"]
        again = [feed.snapshot(looks, house.engine, 1)["health"] for _ in range(5)]
        took_s = time.monotonic() - began_s
    assert took_s < 25, "six pages waited for the client's own 30 s"
    assert [found["redis"] for found in (first, *again)] == [False] * 6
    assert "does not answer within" in first["wrong"][0]["found"]
    assert [[one["name"] for one in found["wrong"]].count("Redis") for found in (first, *again)] == [1] * 6


def test_a_database_that_is_away_is_said(house: House) -> None:
    house.engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    found = feed.snapshot(house.looks(SETTINGS), house.engine, 1)
    assert found["health"]["sql"] is False
    assert "events" not in found
    assert [one["name"] for one in found["health"]["wrong"]].count("SQL") == 1


def bury(house: House, payload: dict[str, Any]) -> int:
    raw = msgspec.Raw(msgspec.json.encode({"client_action": "TEST", **payload}))
    entry = encode(StreamEntry(1, "s", "e1", "client_action", raw, "server", NOW_MS, NOW_MS, user_ext_id="42"))
    row = {"workspace_id": 1, "partition": 1, "stream_id": "1-0", "entry": entry.decode(), "error": "E: no", "at_ms": 1}
    with writing(house.engine) as connection:
        query = insert(dead_letters).values(row).returning(dead_letters.c.id)
        return int(connection.execute(query).scalar_one())


def test_dead_letters_are_listed_and_read_with_secrets_masked(house: House, client: FlaskClient) -> None:
    house.rows.action("TEST", secret=["link"])
    letter = bury(house, {"link": "hush-hush", "amount": 12})
    feed_text = client.get("/status/feed")
    (row,) = feed_text.get_json()["letters"]
    assert (row["id"], row["action"], row["error"], row["user_ext_id"]) == (str(letter), "TEST", "E: no", "42")
    shown = client.get(f"/status/dead-letters/{letter}")
    assert shown.get_json()["event"]["payload"] == {"client_action": "TEST", "link": MASK, "amount": 12}
    assert "hush-hush" not in feed_text.text + shown.text


def test_a_dead_letter_of_another_workspace_cannot_be_read(house: House) -> None:
    letter = bury(house, {})
    client = house.app("key").test_client()
    assert client.get(f"/status/dead-letters/{letter}").status_code == 401
    client.post("/login", data={"key": OTHER_KEY})
    assert client.get(f"/status/dead-letters/{letter}").status_code == 404
    assert client.get("/status/feed").get_json()["letters"] == []
