"""`/demo/`: the demo shop of `examples/shop`, from the installed package, with the tag pasted in."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from importlib.resources import files

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

PLACEHOLDER = "<!-- cueline:tag -->"


def blueprint(tag: Callable[[], str]) -> Blueprint:
    """The shop's pages. `tag` gives the text that takes the placeholder's place, anew for each page."""
    demo = Blueprint("demo", __name__, url_prefix="/demo")

    @demo.get("/")
    @demo.get("/<path:name>")
    def page(name: str = "index.html") -> Response:
        body = _file(name)
        if name.endswith(".html"):
            return _html(body.decode("utf-8"), tag())
        mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Response(body, mimetype=mimetype, headers={"X-Content-Type-Options": "nosniff"})

    return demo


def _file(name: str) -> bytes:
    """By comparing with what is there: a name is never made into a path."""
    for entry in files("cueline").joinpath("static/demo").iterdir():
        if entry.name == name and entry.is_file():
            return entry.read_bytes()
    raise NotFound


def _html(text: str, tag: str) -> Response:
    response = Response(text.replace(PLACEHOLDER, tag), mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
