"""The status page over a real database and a real Redis."""

from __future__ import annotations

import dataclasses

from flask import Flask
from redis import Redis
from sqlalchemy import Engine

from cueline.api import errors
from cueline.backoffice import status
from cueline.backoffice.looks import Looks
from cueline.backoffice.status import StatusPage
from cueline.clock import FrozenClock
from cueline.config import Settings
from cueline.intake.access import AccessBook
from cueline.store import keys, workspaces
from cueline.store.session import writing
from tests.api.rows import NOW_MS, Rows

KEY = "sk_first-first-first-first"
SETTINGS = Settings(redis_url="redis://redis.example:6379/0", database_url="postgresql://db.example/shop")
OTHER_KEY = "sk_second-second-second-second"


class House:
    """Two workspaces, of which `rows` writes into the first."""

    def __init__(self, engine: Engine, redis: Redis) -> None:
        self.engine = engine
        self.redis = redis
        self.clock = FrozenClock(NOW_MS)
        self.rows = Rows(engine, self._workspace("First shop", KEY))
        self._workspace("Second shop", OTHER_KEY)

    def app(self, status_page: str, **more: str) -> Flask:
        settings = dataclasses.replace(SETTINGS, status_page=status_page, **more)  # type: ignore[arg-type]
        book = AccessBook(self.redis, self.engine, settings, self.clock)
        app = Flask("cueline")
        errors.register(app)
        status.register(app, StatusPage(settings, self.engine, book.find, self.looks(settings)))
        return app

    def looks(self, settings: Settings, *, within_s: float = 60) -> Looks:
        """Patient, for machines that have much else to do."""
        return Looks(settings, self.redis, self.engine, self.clock, queues=self.redis, within_s=within_s)

    def _workspace(self, name: str, key: str) -> int:
        with writing(self.engine) as connection:
            made = workspaces.create(connection, name=name, now_ms=NOW_MS, identity_mode="off", origins=["*"])
            keys.create(connection, made.id, kind="secret", name="test", now_ms=NOW_MS, key=key)
        return made.id
