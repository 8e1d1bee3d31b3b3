from __future__ import annotations

import dataclasses
import gzip
from importlib.resources import files

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cueline.collector import snippet_file
from cueline.config import Settings
from cueline.scripts import core

PATH = "/v1/cueline.js"


def client_of(**settings: str) -> FlaskClient:
    app = Flask("test")
    app.register_blueprint(snippet_file.blueprint(dataclasses.replace(Settings(), **settings)))  # type: ignore[arg-type]
    return app.test_client()


@pytest.fixture
def client() -> FlaskClient:
    return client_of()


def built(name: str) -> bytes:
    return files("cueline").joinpath("static", name).read_bytes()


@pytest.mark.parametrize("name", [entry.name for entry in files("cueline").joinpath("static").iterdir()])
def test_every_built_script_is_served_beside_the_core_and_nothing_else(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/v1/{name}")
    if not name.endswith(".js"):
        assert answer.status_code == 404
        return
    assert (answer.status_code, answer.data) == (200, built(name))


def test_the_core_comes_with_what_caches_and_foreign_pages_need(client: FlaskClient) -> None:
    answer = client.get(PATH)
    assert answer.data == built("cueline.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not answer.headers["ETag"].startswith("W/")


def test_who_has_it_already_gets_no_body(client: FlaskClient) -> None:
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        etag = client.get(PATH, headers=headers).headers["ETag"]
        again = client.get(PATH, headers={**headers, "If-None-Match": etag})
        assert (again.status_code, again.data) == (304, b"")
    assert client.get(PATH, headers={"If-None-Match": '"old"'}).status_code == 200


def test_gzip_is_given_to_those_who_take_it_under_a_tag_of_its_own(client: FlaskClient) -> None:
    plain = client.get(PATH)
    packed = client.get(PATH, headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in client.get(PATH, headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_a_pinned_address_may_be_kept_for_ever(client: FlaskClient) -> None:
    answer = client.get(core(Settings(), is_pinned=True).path)
    assert answer.data == built("cueline.js")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/v1/cueline-0123456789abcdef.js").status_code == 404


def test_paths_of_ones_own_stand_in_the_copy_that_is_served_there_and_the_usual_ones_go_on() -> None:
    client = client_of(snippet_path="/assets/shop.js", collect_path="/assets/basket")
    ours, usual = client.get("/assets/shop.js"), client.get(PATH)
    assert usual.data == built("cueline.js")
    assert b"/assets/basket" in ours.data and b"/v1/collect" not in ours.data
    assert ours.data.count(b"/assets/shop.js") == usual.data.count(PATH.encode())
    assert ours.headers["ETag"] != usual.headers["ETag"]
    assert client.get("/assets/stub.js").data == built("stub.js")
    pinned = core(Settings(snippet_path="/assets/shop.js", collect_path="/assets/basket"), is_pinned=True)
    assert client.get(pinned.path).data == ours.data
