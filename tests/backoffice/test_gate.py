import threading

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, update

from cueline.store import installation, keys
from cueline.store.session import writing
from cueline.store.tables import keys as key_table
from cueline.store.workspaces import first
from tests.api.rows import NOW_MS
from tests.backoffice.house import KEY, OTHER_KEY, House

PATHS = ("/", "/status/feed", "/status/mails/1")


def logged_in(house: House, key: str = KEY) -> FlaskClient:
    client = house.app("key").test_client()
    assert client.post("/login", data={"key": key}).status_code == 303
    return client


@pytest.mark.parametrize("path", PATHS)
def test_off_is_404(house: House, path: str) -> None:
    assert house.app("off").test_client().get(path).status_code == 404


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:8123", "127.9.9.9", "[::1]:8000", "cueline.shop.example"]
)
def test_open_answers_to_this_machine_and_the_public_address(house: House, host: str) -> None:
    client = house.app("open", public_url="https://cueline.shop.example").test_client()
    assert client.get("/status/feed", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "192.168.0.7:8000", "127.0.0.1.nip.io", "["]
)
def test_open_answers_to_no_other_name(house: House, path: str, host: str) -> None:
    answer = house.app("open").test_client().get(path, headers={"Host": host})
    assert answer.status_code in (400, 403)
    assert "First shop" not in answer.text


def test_without_a_key_there_is_a_form_and_no_data(house: House) -> None:
    client = house.app("key").test_client()
    page = client.get("/")
    assert page.status_code == 200
    assert 'name="key"' in page.text
    assert "First shop" not in page.text
    assert client.get("/status/feed").status_code == 401
    assert client.get("/status/mails/1").status_code == 401


def test_a_secret_key_opens_the_page_of_its_workspace(house: House) -> None:
    assert "First shop" in logged_in(house).get("/").text
    assert "Second shop" in logged_in(house, OTHER_KEY).get("/").text


def test_the_cookie_is_for_this_site_and_no_script_and_holds_no_key(house: House) -> None:
    answer = house.app("key").test_client().post("/login", data={"key": KEY})
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Max-Age=43200"} <= {part.strip() for part in cookie.split(";")}
    assert KEY not in cookie
    assert "Secure" not in cookie


def test_behind_https_the_cookie_is_secure(house: House) -> None:
    client = house.app("key", public_url="https://cueline.shop.example").test_client()
    assert "Secure" in client.post("/login", data={"key": KEY}).headers["Set-Cookie"]


@pytest.mark.parametrize(("key", "status"), [("sk_wrong", 401), ("", 401), ("ä", 401), ("x" * 10_000, 401)])
def test_a_wrong_key_is_refused_with_a_word(house: House, key: str, status: int) -> None:
    answer = house.app("key").test_client().post("/login", data={"key": key})
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert "<code>cueline keys list</code>" in answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(("kind", "scopes"), [("write", ("*",)), ("secret", ("events:write",))])
def test_a_key_that_may_not_read_is_refused(house: House, kind: keys.Kind, scopes: tuple[str, ...]) -> None:
    with writing(house.engine) as connection:
        workspace = first(connection)
        assert workspace
        _, key = keys.create(connection, workspace.id, kind=kind, name="x", now_ms=NOW_MS, scopes=scopes)
    answer = house.app("key").test_client().post("/login", data={"key": key})
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_a_revoked_key_ends_its_cookies(house: House) -> None:
    client = logged_in(house)
    with writing(house.engine) as connection:
        connection.execute(update(key_table).values(revoked_ms=NOW_MS))
    assert client.get("/status/feed").status_code == 401
    assert "First shop" not in client.get("/").text


def test_a_cookie_that_was_touched_opens_nothing(house: House) -> None:
    client = logged_in(house)
    cookie = client.get_cookie("cueline_status")
    assert cookie
    # Not the last character: some of its bits mean nothing in base64.
    touched = ("A" if cookie.value[-8] != "A" else "B").join((cookie.value[:-8], cookie.value[-7:]))
    client.set_cookie("cueline_status", touched)
    assert client.get("/status/feed").status_code == 401


def test_logging_out_closes_the_page(house: House) -> None:
    client = logged_in(house)
    client.post("/logout")
    assert client.get("/status/feed").status_code == 401


def test_a_form_on_another_site_logs_nobody_in(house: House) -> None:
    client = house.app("key").test_client()
    answer = client.post("/login", data={"key": KEY}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_an_open_page_takes_no_keys(house: House) -> None:
    assert house.app("open").test_client().post("/login", data={"key": KEY}).status_code == 404


def test_two_that_need_the_cookie_secret_first_at_once_get_the_same(engine: Engine) -> None:
    found: list[str] = []
    barrier = threading.Barrier(4)

    def ask() -> None:
        barrier.wait()
        found.append(installation.cookie_secret(engine))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
