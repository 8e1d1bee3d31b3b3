"""The whole app in a process of its own, under the web server that we ship."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import func, select

from cueline.store import keys, tables, workspaces
from cueline.store.migrate import upgrade
from cueline.store.session import open_engine, reading, writing
from tests.conftest import free_port

SECRET_KEY = "sk_conformance-conformance"
WRITE_KEY = "wk_conformance"
MANY = str(10**9)

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Site:
    """Where it is, and what lies in its database."""

    url: str
    database_url: str

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.load(_OPENER.open(f"{self.url}/api/openapi.json", timeout=10))
        return found

    def count(self, table: str) -> int:
        engine = open_engine(self.database_url)
        with reading(engine) as connection:
            query = select(func.count()).select_from(tables.metadata.tables[table])
            found = int(connection.execute(query).scalar_one())
        engine.dispose()
        return found


@contextlib.contextmanager
def serve(redis_url: str, database_url: str, data: Path) -> Iterator[Site]:
    """A workspace with its keys, and the app of `tests.api.served` for it."""
    Redis.from_url(redis_url).flushall()
    _fill(database_url)
    site = Site(f"http://127.0.0.1:{free_port()}", database_url)
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--log-level", "warning"]
    server = subprocess.Popen(
        [*command, "--blocking-threads", "1", "--port", site.url.rpartition(":")[2], "tests.api.served:app"],
        env=os.environ | _settings(redis_url, database_url, data),
    )
    try:
        _wait_for(site, server)
        yield site
    finally:
        server.terminate()
        server.wait(30)


def _fill(database_url: str) -> None:
    engine = open_engine(database_url)
    upgrade(engine)
    with writing(engine) as connection:
        shop = workspaces.create(connection, name="Shop", now_ms=0, identity_mode="off", origins=["*"])
        keys.create(connection, shop.id, kind="secret", name="shop", now_ms=0, key=SECRET_KEY)
        keys.create(connection, shop.id, kind="write", name="page", now_ms=0, key=WRITE_KEY)
    engine.dispose()


def _settings(redis_url: str, database_url: str, data: Path) -> dict[str, str]:
    rates = {f"CUELINE_RATE_{who}": MANY for who in ("KEY", "ADDRESS", "VISITOR")}
    stores = {"CUELINE_REDIS_URL": redis_url, "CUELINE_DATABASE_URL": database_url, "CUELINE_DATA": str(data)}
    return {**rates, **stores, "CUELINE_STREAM_MAX": MANY, "CUELINE_PARTITIONS": "1"}


def _wait_for(site: Site, server: subprocess.Popen[bytes], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError):
            _OPENER.open(f"{site.url}/readyz", timeout=5)
            return
        time.sleep(0.05)
    raise TimeoutError(f"{site.url} did not answer")
