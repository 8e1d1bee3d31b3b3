from __future__ import annotations

from importlib.resources import files

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cueline.backoffice import demo

TAG = "<script>the_tag</script>"
PAGES = ["index.html", "cashier.html", "deposit.html", "login.html"]


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("test", static_folder=None)
    app.register_blueprint(demo.blueprint(lambda: TAG))
    return app.test_client()


@pytest.mark.parametrize("name", PAGES)
def test_each_page_has_the_tag_and_is_not_cached(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/demo/{name}")
    assert answer.status_code == 200
    assert answer.text.count(TAG) == 1
    assert demo.PLACEHOLDER not in answer.text
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_folder_is_the_shop(client: FlaskClient) -> None:
    assert client.get("/demo/").text == client.get("/demo/index.html").text
    assert client.get("/demo").status_code == 308


@pytest.mark.parametrize(
    ("name", "mimetype"),
    [("shop.css", "text/css"), ("shop.js", "text/javascript"), ("icon.svg", "image/svg+xml")],
)
def test_each_file_has_its_type(client: FlaskClient, name: str, mimetype: str) -> None:
    assert client.get(f"/demo/{name}").mimetype == mimetype


@pytest.mark.parametrize(
    "name", ["none.html", "../stub.js", "..%2fstub.js", "%2e%2e/stub.js", "./index.html/", "", "\\"]
)
def test_nothing_but_the_shop_is_served(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/demo/x/{name}")
    assert answer.status_code == 404
    assert client.get(f"/demo/{name}").status_code == 404 or name == ""


def test_pages_load_nothing_from_elsewhere() -> None:
    for entry in files("cueline").joinpath("static/demo").iterdir():
        text = entry.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "//" not in text.replace("// ", ""), entry.name
