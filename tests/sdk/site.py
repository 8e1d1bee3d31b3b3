"""Scripts as the collector serves them, pages with the tag, and the answers of the receiver, on one free port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask, Response, request
from werkzeug.serving import make_server

from cueline.collector import snippet_file
from cueline.config import Settings
from tests.sdk.receiver import Receiver


@dataclass
class Site:
    """`pages`: path → text; each comes with `policy` as its Content Security Policy. `prefix`: a folder that a proxy in
    front has taken off already. `asked`: the paths of all requests."""

    url: str
    settings: Settings
    receiver: Receiver
    prefix: str = ""
    policy: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def page(self, head: str, *, path: str = "/page") -> str:
        """Its address, once it has this in its head."""
        self.pages[path] = f"<!doctype html><head><title>{path}</title>{head}</head><body>"
        return self.url + path


@contextmanager
def site_of(settings: Settings, receiver: Receiver, *, prefix: str = "") -> Iterator[Site]:
    app = Flask("site")
    app.register_blueprint(snippet_file.blueprint(settings), url_prefix=prefix or None)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    site = Site(f"http://127.0.0.1:{server.server_port}", settings, receiver, prefix)
    app.before_request(lambda: site.asked.append(request.path))
    for number, path in enumerate({"/v1/collect", settings.collect_path}):
        app.add_url_rule(prefix + path, f"collect_{number}", lambda: _collect(site), methods=["POST"])
    app.add_url_rule("/<path:name>", "page", lambda name: _page(site, name))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _collect(site: Site) -> tuple[dict[str, object], int]:
    return site.receiver.take(request.get_json(force=True)), 202


def _page(site: Site, name: str) -> Response:
    if f"/{name}" not in site.pages:
        return Response(status=404)
    headers = {"Content-Security-Policy": site.policy} if site.policy else {}
    return Response(site.pages[f"/{name}"], mimetype="text/html", headers=headers)
