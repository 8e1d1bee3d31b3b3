"""A shop on any host name of this machine: its pages with any headers, and a first-party proxy to the collector."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from cueline.snippet import tag
from tests.sdk.installation import WRITE_KEY

_FRAME: Final = '<!doctype html><html><head><link rel="icon" href="data:,">{head}</head><body>{body}</body></html>'


@dataclass(frozen=True)
class Sheet:
    """One page. `head` stands before the tag, `tag` None is the shop's."""

    body: str = ""
    head: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    tag: str | None = None

    def text(self, tag: str) -> str:
        return _FRAME.format(head=self.head + (tag if self.tag is None else self.tag), body=self.body)


@dataclass
class Shopfront:
    """Every path is a page, `pages` says which are special. `/v1/…` goes on to the collector, and there:

    `delay_s`: as long a request and its answer take. `status`: the shop's own answer to a report.
    """

    collector: str
    tag: str
    pages: dict[str, Sheet] = field(default_factory=dict)
    delay_s: float = 0
    status: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)

    def start(self) -> Shopfront:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def proxy(self) -> None:
        """From now on its pages load and report through the shop itself, not straight from the collector."""
        self.tag = tag(self.url, WRITE_KEY)

    def put(self, path: str, body: str = "", *, head: str = "", tag: str | None = None, **headers: str) -> str:
        """The page's address. A header is named with underscores: Content_Security_Policy."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = Sheet(body, head, named, tag)
        return self.url + path

    def at(self, host: str, path: str = "/") -> str:
        """The same shop under another name, such as a.shop.localhost."""
        return f"http://{host}:{self.port}{path}"

    def collected(self) -> list[str]:
        """The bodies that were sent to the collector through here."""
        return [body for path, body in list(self.asked) if path == "/v1/collect"]


def _handler(shop: Shopfront) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path.startswith("/v1/"):
                self.forward(b"")
                return
            sheet = shop.pages.get(path, Sheet())
            headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache", **sheet.headers}
            self.answer(302 if "Location" in headers else 200, sheet.text(shop.tag).encode(), headers)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            shop.asked.append((self.path, body.decode()))
            self.forward(body)

        def forward(self, body: bytes) -> None:
            time.sleep(shop.delay_s / 2)
            if body and shop.status:
                self.answer(shop.status, b'{"code":"down","message":"down"}', {"Access-Control-Allow-Origin": "*"})
                return
            try:
                answer = self.ask(body)
            except OSError:
                self.close_connection = True  # the collector is not there, so nobody is
                return
            time.sleep(shop.delay_s / 2)
            self.answer(*answer)

        def ask(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
            connection = http.client.HTTPConnection(urlsplit(shop.collector).netloc, timeout=30)
            kept = {name: self.headers[name] for name in ("Origin", "Content-Type") if self.headers[name]}
            connection.request(self.command, self.path, body or None, kept)
            answer = connection.getresponse()
            text = answer.read()
            connection.close()
            dropped = ("content-length", "connection", "transfer-encoding", "date", "server")
            return answer.status, text, {n: v for n, v in answer.getheaders() if n.lower() not in dropped}

        def answer(self, status: int, text: bytes, headers: dict[str, str]) -> None:
            with contextlib.suppress(ConnectionError):  # nobody waits for it any more
                self.write(status, text, headers)

        def write(self, status: int, text: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    return Handler
