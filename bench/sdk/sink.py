"""The server that a product reports to: serves its script, takes its events, counts, and goes away when asked to."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from bench.sdk.decode import decode
from bench.sdk.product import Answer, Arrived, Product

_CORS: Final = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Max-Age": "600",
    "Timing-Allow-Origin": "*",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Request:
    """Of events, and the preflights of such; `size`: bytes of the body as it was sent."""

    method: str
    size: int
    at_s: float


@dataclass(slots=True)
class Sink:
    """`status`: what takes no events while it is not 200. `delay_s`: before each answer, a preflight's too.

    `script_delay_s`: before the script is served; `unread` are bodies that nobody understood.
    """

    product: Product
    port: int = 0
    status: int = 200
    delay_s: float = 0
    script_delay_s: float = 0
    requests: list[Request] = field(default_factory=list)
    arrived: list[tuple[float, Arrived]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    _server: QuietServer | None = None
    _connections: set[socket.socket] = field(default_factory=set)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        """The first time on a free port, then on the same again."""
        self._server = QuietServer(("127.0.0.1", self.port), _handler(self))
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def down(self) -> None:
        """From now on connections are refused, and those that are open are cut."""
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def forget(self) -> None:
        self.requests.clear()
        self.arrived.clear()

    def markers(self, prefix: str) -> set[str]:
        return {one.marker for _, one in list(self.arrived) if one.marker.startswith(prefix)}

    def twice(self, prefix: str) -> int:
        """How many events would count again, although a repeated id counts once."""
        eids = {(one.marker, one.eid) for _, one in list(self.arrived) if one.marker.startswith(prefix)}
        return sum(count - 1 for count in Counter(marker for marker, _ in eids).values())

    def last_s(self, prefix: str) -> float:
        """When the last event was first seen."""
        first: dict[str, float] = {}
        for at_s, one in list(self.arrived):
            if one.marker.startswith(prefix):
                first.setdefault(one.marker, at_s)
        return max(first.values())

    def dropped(self) -> int:
        """How many the product says it dropped; each report once."""
        return sum({one.eid: one.dropped for _, one in list(self.arrived)}.values())

    def take(self, body: bytes) -> None:
        try:
            found = self.product.read(decode(body))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.unread.append(f"{error!r}: {body[:200]!r}")
            return
        self.arrived += [(time.monotonic(), one) for one in found]


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up in the middle of a request is part of what is measured."""


def _handler(sink: Sink) -> type[BaseHTTPRequestHandler]:
    product = sink.product

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            sink._connections.add(self.connection)

        def finish(self) -> None:
            sink._connections.discard(self.connection)
            super().finish()

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path in product.files:
                time.sleep(sink.script_delay_s)
                self.answer(200, product.files[path], "text/javascript")
            else:
                self.reply(path)

        def do_OPTIONS(self) -> None:
            self.note("OPTIONS", 0)
            time.sleep(sink.delay_s)
            self.answer(204, b"", "text/plain")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            status = sink.status  # before a benchmark that waits for the request changes it
            self.note("POST", len(body))
            path = self.path.partition("?")[0]
            if re.search(product.collects, path):
                self.collect(body, status)
            else:
                self.reply(path)

        def collect(self, body: bytes, status: int) -> None:
            if status == 200:
                sink.take(body)
            time.sleep(sink.delay_s)
            answer = product.answer if status == 200 else Answer("{}", status=status)
            self.answer(answer.status, answer.body.encode(), answer.kind)

        def note(self, method: str, size: int) -> None:
            if re.search(product.collects, self.path.partition("?")[0]):
                sink.requests.append(Request(method, size, time.monotonic()))

        def reply(self, path: str) -> None:
            """What the product asks for besides, its settings for one; nothing is there that it can do without."""
            make = next((make for pattern, make in product.answers.items() if re.search(pattern, path)), None)
            answer = make(sink.origin) if make else Answer("{}", status=404)
            self.answer(answer.status, answer.body.encode(), answer.kind)

        def answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            for name, value in (_CORS | _allowed(self.headers)).items():
                self.send_header(name, value)
            self.send_header("Content-Type", kind)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    return Handler


def _allowed(headers: Any) -> dict[str, str]:
    """Everything that is asked for. A request with credentials needs its origin named."""
    allowed = {
        "Access-Control-Allow-Origin": headers.get("Origin", "*"),
        "Access-Control-Allow-Headers": headers.get("Access-Control-Request-Headers", "*"),
    }
    return allowed | ({"Access-Control-Allow-Credentials": "true"} if "Origin" in headers else {})


@contextlib.contextmanager
def serving(product: Product) -> Iterator[Sink]:
    sink = Sink(product)
    sink.up()
    try:
        yield sink
    finally:
        sink.down()
