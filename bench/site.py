"""Cueline on a database of its own: migrated, with a shop, its doors open."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from redis import Redis

from cueline.benchmark import shop
from cueline.benchmark.shop import Shop
from cueline.store.migrate import upgrade
from cueline.store.session import open_engine


def furnish(environ: Mapping[str, str], *, campaigns: int) -> Shop:
    """`environ`: the settings of the processes that will work there."""
    engine = open_engine(environ["CUELINE_DATABASE_URL"])
    try:
        upgrade(engine)
        made = shop.build(engine, campaigns)
        with contextlib.closing(Redis.from_url(environ["CUELINE_REDIS_URL"])) as redis:
            shop.open_doors(engine, redis)
    finally:
        engine.dispose()
    return made
