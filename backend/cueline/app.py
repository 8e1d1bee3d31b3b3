"""The web process put together: a list of steps. Nothing here decides anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from flask import Blueprint, Flask
from redis import Redis
from sqlalchemy import Engine

from cueline import api, crash
from cueline.backoffice import demo, status
from cueline.backoffice.looks import Looks
from cueline.clock import Clock, SystemClock
from cueline.collector import health, snippet_file
from cueline.collector.door import Door
from cueline.config import Settings
from cueline.intake import server
from cueline.intake.access import AccessBook
from cueline.snippet import tag
from cueline.store import keys, workspaces
from cueline.store.session import WEB, open_engine, reading
from cueline.streams.connect import connect_for_web
from cueline.streams.room import Room
from cueline.streams.stats import Stats

_NO_KEY = "<!-- cueline: there is no write key yet; `cueline keys create write` makes one -->"


@dataclass(frozen=True, slots=True)
class Doors:
    """What one web process shares. Opened once; connections follow when they are first used."""

    settings: Settings
    clock: Clock
    engine: Engine
    redis: Redis
    book: AccessBook
    stats: Stats
    room: Room


def open_doors(settings: Settings) -> Doors:
    clock = SystemClock()
    engine = open_engine(settings.sql_url(), patience=WEB)
    redis = connect_for_web(settings.streams_url(), rest=settings.queues_url())
    return Doors(settings, clock, engine, redis, AccessBook(redis, engine, settings, clock), Stats(redis), Room(redis))


def create_app(doors: Doors) -> Flask:
    """The Flask app: REST, health, snippet, status page, demo shop."""
    app = Flask("cueline", static_folder=str(Path(__file__).parent / "static"))
    app.json.sort_keys = False  # type: ignore[attr-defined]
    api.register(app, _api_services(doors))
    app.register_blueprint(_health(doors))
    app.register_blueprint(snippet_file.blueprint(doors.settings))
    status.register(app, status.StatusPage(doors.settings, doors.engine, doors.book.find, _looks(doors)))
    app.register_blueprint(demo.blueprint(_demo_tag(doors)))
    return app


def create_wsgi(settings: Settings) -> Door:
    """The Flask app behind the door that answers `POST /v1/collect` by itself."""
    crash.arm(settings.crash_at)
    doors = open_doors(settings)
    doors.stats.start()
    doors.room.start()
    return Door(
        create_app(doors).wsgi_app,
        book=doors.book,
        redis=doors.redis,
        settings=settings,
        clock=doors.clock,
        stats=doors.stats,
        room=doors.room,
    )


def _api_services(doors: Doors) -> api.Services:
    submit = partial(
        server.submit,
        redis=doors.redis,
        settings=doors.settings,
        clock=doors.clock,
        stats=doors.stats,
        room=doors.room,
    )
    return api.Services(doors.settings, doors.engine, doors.book, submit, doors.clock, doors.stats, doors.redis)


def _looks(doors: Doors) -> Looks:
    queues = connect_for_web(doors.settings.queues_url()) if doors.settings.rq_redis_url else doors.redis
    return Looks(doors.settings, doors.redis, doors.engine, doors.clock, queues=queues)


def _demo_tag(doors: Doors) -> Callable[[], str]:
    """The tag with the first workspace's oldest write key, as `cueline snippet` prints it."""
    settings = doors.settings

    def current() -> str:
        with reading(doors.engine) as connection:
            first = workspaces.first(connection)
            key = keys.oldest_write_key(connection, first.id) if first else None
        return tag(settings.address(), key, path=settings.snippet_path) if key else _NO_KEY

    return current


def _health(doors: Doors) -> Blueprint:
    return health.blueprint(redis=doors.redis, engine=doors.engine, settings=doors.settings, clock=doors.clock)
