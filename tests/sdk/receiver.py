"""A shop and a collector on one free port: serves pages with the tag, and keeps what the snippet reports."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any

from cueline.snippet import tag

KEY = "wk_test"
PAGE = "<!doctype html><html><head><title>{path}</title>{tag}</head><body>{path}{body}</body></html>"


@dataclass
class Receiver:
    """`status` is what /v1/collect answers; `reject` names actions refused in a 202. Pages: any other path."""

    url: str = ""
    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0
    core_delay_s: float = 0
    reject: set[str] = field(default_factory=set)
    body: str = ""
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    envelopes: list[dict[str, Any]] = field(default_factory=list)
    server: ThreadingHTTPServer | None = None

    def start(self, port: int = 0) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        assert self.server is not None
        self.server.shutdown()
        self.server.server_close()

    def take(self, envelope: dict[str, Any]) -> dict[str, Any]:
        self.envelopes.append(envelope)
        named = [e["eid"] for e in envelope["events"] if e["payload"].get("client_action") in self.reject]
        rejected = [{"eid": eid, "code": "bad_action", "message": "refused"} for eid in named]
        return {"accepted": len(envelope["events"]) - len(rejected), "rejected": rejected}

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Each event once, by eid, in the order of first arrival, with the envelope's visitor_id and user."""
        seen: dict[str, dict[str, Any]] = {}
        for envelope in list(self.envelopes):
            who = {"visitor_id": envelope["visitor_id"], "user": envelope.get("user")}
            for event in envelope["events"]:
                seen.setdefault(event["eid"], event | who)
        return [event for event in seen.values() if kind in (None, event["type"])]

    def actions(self) -> list[str]:
        return [event["payload"]["client_action"] for event in self.events("client_action")]

    def wait_for(self, ready: Callable[[], object], seconds: float = 10) -> None:
        until = time.monotonic() + seconds
        while not ready():
            assert time.monotonic() < until, [(e["type"], e["payload"], e["user"]) for e in self.events()]
            time.sleep(0.02)


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/v1/cueline.js":
                time.sleep(receiver.core_delay_s)
            if self.path.startswith("/v1/"):
                script = files("cueline").joinpath(f"static/{self.path.removeprefix('/v1/')}").read_bytes()
                return self.answer(200, script, {"Content-Type": "text/javascript"})
            page = PAGE.format(path=self.path, tag=tag(receiver.url, KEY), body=receiver.body)
            return self.answer(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})

        def do_OPTIONS(self) -> None:
            receiver.requests.append(("OPTIONS", dict(self.headers)))
            self.answer(204, b"", {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers = receiver.status, receiver.headers  # before a test that waits for the request changes them
            receiver.requests.append(("POST", dict(self.headers)))
            time.sleep(receiver.delay_s)
            found: dict[str, Any] = {"code": "down", "message": "down"}
            if status == 202:
                found = receiver.take(json.loads(body))
            cors = {
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Expose-Headers": "Retry-After",
                "Content-Type": "application/json",
            }
            self.answer(status, json.dumps(found).encode(), cors | headers)

        def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    return Handler
