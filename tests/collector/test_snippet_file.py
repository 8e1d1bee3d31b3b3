from __future__ import annotations

import gzip
from importlib.resources import files

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cueline.collector import snippet_file

PATH = "/v1/cueline.js"


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("test")
    app.register_blueprint(snippet_file.blueprint)
    return app.test_client()


def test_the_core_comes_with_what_caches_and_foreign_pages_need(client: FlaskClient) -> None:
    answer = client.get(PATH)
    assert answer.data == files("cueline").joinpath("static/cueline.js").read_bytes()
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
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
