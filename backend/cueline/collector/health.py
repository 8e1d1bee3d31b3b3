"""Is it alive, is it ready, how is it doing: `/healthz`, `/readyz`, `/metrics`. None of them asks for a key."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, jsonify
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from cueline.clock import Clock
from cueline.collector.deadline import Deadline
from cueline.collector.metrics import StoreMetrics
from cueline.config import Settings
from cueline.errors import NotFound
from cueline.store.session import reading
from cueline.store.tables import workspaces

READY_WITHIN_S: Final = 2.0


def blueprint(*, redis: Redis, engine: Engine, settings: Settings, clock: Clock) -> Blueprint:
    """The three views. They answer within seconds even when a store hangs."""
    bp = Blueprint("health", __name__)
    checks = {
        "redis": Deadline[Any](redis.ping, within_s=READY_WITHIN_S),
        "sql": Deadline[Any](lambda: _look_at_tables(engine), within_s=READY_WITHIN_S),
    }
    registry = CollectorRegistry()
    registry.register(StoreMetrics(redis, engine, clock, partitions=settings.partitions))

    @bp.get("/healthz")
    def healthz() -> Response:
        """The process answers; it says nothing of the stores, so that nobody restarts us for them."""
        return jsonify(status="ok")

    @bp.get("/readyz")
    def readyz() -> tuple[Response, int]:
        stores = {name: _outcome(check) for name, check in checks.items()}
        is_ready = all(said == "ok" for said in stores.values())
        return jsonify(status="ready" if is_ready else "not_ready", stores=stores), 200 if is_ready else 503

    @bp.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return bp


def _outcome(check: Deadline[Any]) -> str:
    """`ok`, or in words why not; without addresses, for anyone may ask."""
    try:
        check.run()
    except TimeoutError:
        return f"no answer within {READY_WITHIN_S:.0f} s"
    except (RedisError, SQLAlchemyError) as error:
        return f"does not answer ({type(error).__name__})"
    except NotFound as error:
        return error.message
    return "ok"


def _look_at_tables(engine: Engine) -> None:
    """Not at their revision: while a newer release is rolled out, the older one is ready still."""
    with reading(engine) as connection:
        if not inspect(connection).has_table(workspaces.name):
            raise NotFound("has no tables: run `cueline db upgrade`")
