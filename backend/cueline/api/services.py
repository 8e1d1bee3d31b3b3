"""What the views need, handed in once by `create_app`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from flask import Flask, current_app
from redis import Redis
from sqlalchemy import Engine

from cueline.clock import Clock
from cueline.config import Settings
from cueline.store.keys import Access

_EXTENSION: Final = "cueline-api"


class Keys(Protocol):
    def find(self, key: str) -> Access:
        """The key's workspace and rights; HttpError 401 `unknown_key`, or 503 when that cannot be known now."""


class Counts(Protocol):
    def count(self, name: str, n: int = 1, **labels: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Services:
    """`submit` takes the body of `POST /api/v1/events` and gives the answer: `cueline.intake.server.submit`."""

    settings: Settings
    engine: Engine
    access: Keys
    submit: Callable[[Access, bytes], dict[str, Any]]
    clock: Clock
    stats: Counts
    redis: Redis


def attach(app: Flask, services: Services) -> None:
    app.extensions[_EXTENSION] = services


def current() -> Services:
    """The services of the app that handles this request."""
    services: Services = current_app.extensions[_EXTENSION]
    return services
