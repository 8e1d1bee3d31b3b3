"""What must hold at both doors, whatever arrives: each target takes a body and raises AssertionError."""

from __future__ import annotations

import io
import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis

from cueline.app import create_wsgi
from cueline.config import Settings
from cueline.intake.limits import MAX_COLLECT_BYTES, MAX_DEPTH, MAX_INTEGER, MAX_KEYS, MAX_RAW_EVENT_BYTES, MIN_INTEGER
from cueline.store import keys as key_rows
from cueline.store import workspaces
from cueline.store.migrate import upgrade
from cueline.store.session import open_engine, writing
from cueline.streams import keys
from cueline.streams.entry import StreamEntry, decode
from tests.fuzz.bodies import SECRET_KEY, WRITE_KEY

MANY = 10**9
ANSWERS = {202, 400, 401, 403, 411, 413, 415, 429, 503}
# In front of whatever there is, this makes msgspec refuse the body, so that the slow reading has to read it.
SPOILT_FIELD = b'"zz":"\\ud800",'
SPOILT_EVENT = b'"\\ud800",'


@dataclass(frozen=True)
class Taken:
    """What a door answered, and what it left in the stream."""

    status: int
    answer: dict[str, Any]
    entries: list[StreamEntry]

    def told(self) -> Any:
        """What must be the same, however the body was read."""
        if self.status != 202:
            return self.status, self.answer["code"]
        stored = [(e.eid, e.type, json.loads(bytes(e.payload)), e.user_ext_id, e.context) for e in self.entries]
        return stored, sorted(self.codes().items())

    def codes(self) -> Counter[str]:
        errors = self.answer.get("errors", {}).values()
        return Counter(error["code"] for one in (*errors, self.answer.get("rejected", [])) for error in one)


class Doors:
    """The whole app, on a real Redis and a SQLite file."""

    def __init__(self, redis_url: str, data: Path) -> None:
        database = f"sqlite:///{data / 'fuzz.db'}"
        engine = open_engine(database)
        upgrade(engine)
        with writing(engine) as connection:
            shop = workspaces.create(connection, name="Shop", now_ms=0, identity_mode="off", origins=["*"])
            key_rows.create(connection, shop.id, kind="write", name="page", now_ms=0, key=WRITE_KEY)
            key_rows.create(connection, shop.id, kind="secret", name="shop", now_ms=0, key=SECRET_KEY)
        rates = {f"rate_{who}": MANY for who in ("key", "address", "visitor")}
        settings = Settings(
            redis_url=redis_url, database_url=database, data=data, partitions=1, stream_max=MANY, **rates
        )
        self.redis = Redis.from_url(redis_url)
        self.redis.flushall()
        self.app = create_wsgi(settings)

    def collect(self, body: bytes) -> Taken:
        """Holds `POST /v1/collect` to what it promises."""
        taken = self.send("/v1/collect", "text/plain", body)
        if taken.status == 202:
            sent = taken.answer["accepted"] + len(taken.answer["rejected"])
            assert taken.answer["accepted"] == len(taken.entries), taken
            assert sent <= 100, taken
        if body.lstrip(b" \t\r\n")[:1] == b"{" and len(body) < MAX_COLLECT_BYTES - 100:
            slow = self.send("/v1/collect", "text/plain", _spoilt(body, b"{", SPOILT_FIELD))
            assert_same(taken, slow)
        return taken

    def events(self, body: bytes) -> Taken:
        """Holds `POST /api/v1/events` to what it promises."""
        taken = self.send("/api/v1/events", "application/json", body)
        if taken.status == 202:
            assert taken.answer["accepted"] == len(taken.entries), taken
        first = body.lstrip(b" \t\r\n")[:1] if len(body) < MAX_RAW_EVENT_BYTES - 100 else b""
        if first == b"{":
            assert_same(taken, self._send_spoilt(body, b"{", SPOILT_FIELD))
        elif first == b"[" and taken.answer.get("code") != "too_many_events":
            slow = self._send_spoilt(body, b"[", SPOILT_EVENT)
            if slow.status == 202:
                assert slow.answer["errors"]["#0"].pop(0)["code"] == "not_an_object"
            assert_same(taken, slow)
        return taken

    def _send_spoilt(self, body: bytes, start: bytes, what: bytes) -> Taken:
        return self.send("/api/v1/events", "application/json", _spoilt(body, start, what))

    def send(self, path: str, media: str, body: bytes, **more: str) -> Taken:
        """One request, and what it left; `more`: of the WSGI environment."""
        self.redis.delete(keys.stream(0))
        status, answer = self._call(path, media, body, more)
        assert status in ANSWERS, (status, answer)
        assert status == 202 or {"code", "message"} <= answer.keys(), answer
        assert "Traceback" not in json.dumps(answer)
        entries = [decode(fields[b"e"]) for _, fields in self.redis.xrange(keys.stream(0))]
        assert status == 202 or not entries, (status, entries)
        for entry in entries:
            assert_storable(entry)
        return Taken(status, answer, entries)

    def _call(self, path: str, media: str, body: bytes, more: dict[str, str]) -> tuple[int, dict[str, Any]]:
        environ = {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "REMOTE_ADDR": "192.0.2.1",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_AUTHORIZATION": f"Bearer {SECRET_KEY}",
            "CONTENT_TYPE": media,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            **more,
        }
        started: list[str] = []
        answer = b"".join(self.app(environ, lambda status, headers, exc_info=None: started.append(status)))
        return int(started[0].split()[0]), json.loads(answer)


def _spoilt(body: bytes, start: bytes, what: bytes) -> bytes:
    head, _, rest = body.partition(start)
    # An object or list without members has no comma after its first one.
    is_empty = rest.lstrip(b" \t\r\n")[:1] in (b"}", b"]")
    return head + start + (what.rstrip(b",") if is_empty else what) + rest


def assert_same(one: Taken, other: Taken) -> None:
    assert one.told() == other.told(), (one, other)


def assert_storable(entry: StreamEntry) -> None:
    """The drain can decode it and PostgreSQL can keep it."""
    payload = json.loads(bytes(entry.payload))
    assert isinstance(payload, dict)
    found = list(_inside(payload, 1))
    assert sum(len(value) for value, _ in found if isinstance(value, dict)) <= MAX_KEYS + 1, entry
    # The doors add one level: the properties of `update_profile`, where the payload was the properties.
    assert max(depth for _, depth in found) <= MAX_DEPTH + 1, entry
    ids = (entry.sender, entry.eid, entry.type, entry.visitor_id, entry.user_ext_id)
    for value in (*ids, *entry.context.values(), *entry.context, *(value for value, _ in found)):
        _assert_sane(value)


def _inside(value: Any, depth: int) -> Iterator[tuple[Any, int]]:
    if isinstance(value, dict | list):
        yield value, depth
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _inside(inner, depth + 1)
        yield from ((name, 0) for name in value if isinstance(value, dict))
    else:
        yield value, 0


def _assert_sane(value: Any) -> None:
    if isinstance(value, str):
        assert "\0" not in value
        value.encode()
    elif isinstance(value, float):
        assert math.isfinite(value)
    elif isinstance(value, int):
        assert MIN_INTEGER <= value <= MAX_INTEGER
