"""The door under the web server that we ship: bodies with and without a length, connections that are used again."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from cueline.store import keys as key_rows
from cueline.store import workspaces
from cueline.store.session import open_engine, writing
from cueline.streams import keys
from tests.collector.wsgi import WRITE_KEY
from tests.conftest import free_port

LIMIT = 64 * 1024
BODY = json.dumps({"key": WRITE_KEY, "visitor_id": "v", "events": [{"eid": "e", "type": "page"}]}).encode()


@pytest.fixture(scope="module")
def port(redis_server: str, migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    file = tmp_path_factory.mktemp("served") / "cueline.db"
    shutil.copy(migrated, file)
    engine = open_engine(f"sqlite:///{file}")
    with writing(engine) as connection:
        made = workspaces.create(connection, name="Shop", now_ms=0, identity_mode="off", origins=["*"])
        key_rows.create(connection, made.id, kind="write", name="page", now_ms=0, key=WRITE_KEY)
    port = free_port()
    environ = os.environ | {"TEST_REDIS_URL": redis_server, "TEST_DATABASE_URL": str(engine.url)}
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--port", str(port)]
    server = subprocess.Popen([*command, "tests.collector.served:app"], env=environ, stdout=subprocess.DEVNULL)
    wait_for(port)
    yield port
    server.terminate()
    server.wait(10)
    engine.dispose()


def wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"granian did not listen on {port}")


def send(connection: http.client.HTTPConnection, body: Any, **headers: str) -> tuple[int, Any]:
    given = {"Content-Type": "text/plain"} | {name.replace("_", "-"): value for name, value in headers.items()}
    is_chunked = not isinstance(body, bytes)
    connection.request("POST", "/v1/collect", body=body, headers=given, encode_chunked=is_chunked)
    answer = connection.getresponse()
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return answer.status, json.loads(answer.read())


def test_bodies_with_and_without_a_length_on_one_connection(port: int, redis: Redis) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    assert send(connection, BODY) == (202, {"accepted": 1, "rejected": []})
    chunks = (BODY[i : i + 10] for i in range(0, len(BODY), 10))
    assert send(connection, chunks)[0] == 202
    exact = BODY + b" " * (LIMIT - len(BODY))
    assert send(connection, exact)[0] == 202
    assert send(connection, iter([exact]))[0] == 202
    assert redis.xlen(keys.stream(0)) == 4
    connection.close()


@pytest.mark.parametrize("body", [BODY + b" " * (LIMIT + 1 - len(BODY)), iter([BODY, b" " * LIMIT])])
def test_a_body_too_large_is_413_with_and_without_a_length(port: int, redis: Redis, body: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    status, answer = send(connection, body)
    assert (status, answer["code"]) == (413, "too_large")
    connection.close()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    assert send(connection, BODY)[0] == 202
    connection.close()


def test_what_breaks_the_reading_breaks_nothing_else(port: int, redis: Redis) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for bad in (b"[" * 60_000, b"\xff", b'{"key":' + b'{"a":' * 10_000, b""):
        assert send(connection, bad)[0] == 400
    assert send(connection, BODY, Content_Encoding="gzip")[0] == 415
    connection.request("OPTIONS", "/v1/collect")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (204, b"")
    assert send(connection, BODY)[0] == 202
    connection.close()
