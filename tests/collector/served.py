"""The door as granian serves it in tests: stores by environment, keys as the tests know them."""

from __future__ import annotations

import dataclasses
import os

from flask import Flask

from cueline.clock import SystemClock
from cueline.collector.door import Door
from cueline.config import Settings
from cueline.intake.access import AccessBook
from cueline.store.session import open_engine
from cueline.streams.connect import connect
from cueline.streams.stats import Stats


def app() -> Door:
    settings = dataclasses.replace(Settings(), partitions=1)
    redis, clock = connect(os.environ["TEST_REDIS_URL"]), SystemClock()
    book = AccessBook(redis, open_engine(os.environ["TEST_DATABASE_URL"]), settings, clock)
    return Door(Flask("behind"), book=book, redis=redis, settings=settings, clock=clock, stats=Stats(redis))
