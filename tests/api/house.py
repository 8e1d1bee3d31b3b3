"""The API over a real database and a real Redis, and who talks to it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from cueline.api import Services, register
from cueline.clock import FrozenClock
from cueline.config import Settings
from cueline.intake import server
from cueline.intake.access import AccessBook
from cueline.store import keys, workspaces
from cueline.store.session import writing
from cueline.streams.stats import Stats
from tests.api.rows import FIRST_ID, NOW_MS, Rows


class House:
    """An app with two workspaces. `api` speaks with the first one's key, `rows` writes into it."""

    def __init__(self, engine: Engine, redis: Redis) -> None:
        self.engine, self.redis = engine, redis
        self.workspace_id, key = self._workspace("first", "sk_first-first-first-first")
        self.other_id, other_key = self._workspace("second", "sk_second-second-second-second")
        self.app = _app(engine, redis)
        self.api = Caller(self.app.test_client(), key)
        self.other = Caller(self.app.test_client(), other_key)
        self.rows = Rows(engine, self.workspace_id)

    def other_rows(self) -> Rows:
        return Rows(self.engine, self.other_id, first_id=FIRST_ID + 1_000_000)

    def caller(self, *scopes: str) -> Caller:
        """Someone with a key of the first workspace that has these scopes."""
        with writing(self.engine) as connection:
            _, key = keys.create(
                connection, self.workspace_id, kind="secret", name="test", now_ms=NOW_MS, scopes=scopes
            )
        return Caller(self.app.test_client(), key)

    def _workspace(self, name: str, key: str) -> tuple[int, str]:
        with writing(self.engine) as connection:
            made = workspaces.create(connection, name=name, now_ms=NOW_MS, identity_mode="off", origins=["*"])
            keys.create(connection, made.id, kind="secret", name="test", now_ms=NOW_MS, key=key)
        return made.id, key


class Caller:
    """A client that sends its key."""

    def __init__(self, client: FlaskClient, key: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {key}"}

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.send("GET", path, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        return self.send("POST", path, **more)

    def put(self, path: str, **more: Any) -> TestResponse:
        return self.send("PUT", path, **more)

    def items(self, path: str) -> list[dict[str, Any]]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.get_json()["items"]
        return items

    def walk(self, path: str, *, limit: int) -> Iterator[list[dict[str, Any]]]:
        """Page after page, as `next` leads."""
        cursor = ""
        for _ in itertools.repeat(None, 100):
            sign = "&" if "?" in path else "?"
            found = self.get(f"{path}{sign}limit={limit}{cursor}").get_json()
            yield found["items"]
            if found["next"] is None:
                return
            cursor = f"&cursor={found['next']}"
        raise AssertionError("The pages do not end.")

    def send(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> TestResponse:
        return self._client.open(path, method=method, headers={**self._headers, **(headers or {})}, **more)


def _app(engine: Engine, redis: Redis) -> Flask:
    settings, clock, stats = Settings(), FrozenClock(NOW_MS), Stats(redis)
    book = AccessBook(redis, engine, settings, clock)
    submit = partial(server.submit, redis=redis, settings=settings, clock=clock, stats=stats)
    app = Flask("cueline")
    register(app, Services(settings, engine, book, submit, clock, stats, redis))
    return app
