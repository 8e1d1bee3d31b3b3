"""Calling a WSGI app as a server does, and reading what it left in the streams."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIApplication
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

from redis import Redis

from cueline.clock import FrozenClock
from cueline.streams import keys
from cueline.streams.entry import StreamEntry, decode
from cueline.streams.stats import Stats

WRITE_KEY = "wk_test"
SECRET_KEY = "sk_test-secret"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Dribble(io.BytesIO):
    """A body that comes byte by byte, as a slow network brings it."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(1, size) if size is not None and size >= 0 else 1)


def wsgi_call(app: WSGIApplication, method: str = "POST", path: str = "/v1/collect", **extra: Any) -> Answer:
    """`body`, `stream` and any key of the environ; the standard library's validator watches both sides."""
    body: bytes = extra.pop("body", b"")
    stream = extra.pop("stream", None) or io.BytesIO(body)
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": ""}
    environ["REMOTE_ADDR"] = "192.0.2.1"
    setup_testing_defaults(environ)
    if method == "POST":
        environ |= {"CONTENT_TYPE": "text/plain;charset=UTF-8", "CONTENT_LENGTH": str(len(body))}
    environ |= extra
    environ = {name: value for name, value in environ.items() if value is not None} | {"wsgi.input": stream}
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        started[:] = [status, headers]
        return started.append

    is_checked = str(environ.get("CONTENT_LENGTH", "0")).isdigit() and environ.get("CONTENT_TYPE") != ""
    result = (validator(app) if is_checked else app)(environ, start_response)
    data = b"".join(result)
    if hasattr(result, "close"):
        result.close()
    return Answer(int(started[0].split()[0]), dict(started[1]), data)


class Page:
    """A page of the shop: what it sends, what came of it."""

    def __init__(
        self, app: WSGIApplication, *, clock: FrozenClock, redis: Redis, stats: Stats, identity_secret: str
    ) -> None:
        self.app = app
        self.clock = clock
        self.redis = redis
        self.stats = stats
        self.identity_secret = identity_secret

    def event(self, eid: str = "e1", **fields: Any) -> dict[str, Any]:
        now_ms = self.clock.now_ms()
        payload = {"client_action": "CashierSubmitClicked", "amount": 12}
        return {"eid": eid, "type": "client_action", "at": now_ms, "payload": payload} | fields

    def envelope(self, *events: Any, **fields: Any) -> dict[str, Any]:
        found = {
            "key": WRITE_KEY,
            "sent_at": self.clock.now_ms(),
            "visitor_id": "v1",
            "events": list(events) or [self.event()],
        }
        return {name: value for name, value in (found | fields).items() if value is not ...}

    def send(self, envelope: Any = None, **extra: Any) -> Answer:
        data = envelope if isinstance(envelope, bytes) else json.dumps(envelope or self.envelope()).encode()
        return wsgi_call(self.app, body=data, **extra)

    def entries(self) -> list[StreamEntry]:
        return [decode(fields[b"e"]) for _, fields in self.redis.xrange(keys.stream(0))]

    def counted(self) -> dict[str, int]:
        self.stats.flush()
        return {name.decode(): int(n) for name, n in self.redis.hgetall(keys.STATS).items()}
