"""The whole app as granian serves it in tests. What it takes is drained before the answer leaves, so that what a
request reports the next one can ask for."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from cueline.app import create_wsgi
from cueline.clock import SystemClock
from cueline.config import load
from cueline.drain.commit import Committer
from cueline.drain.leases import Leases
from cueline.drain.loop import Drain
from cueline.store.session import open_engine
from cueline.streams import keys
from cueline.streams.connect import connect
from cueline.streams.read import Reader

TURNS = 100


class Drained:
    """A WSGI app whose streams are empty after each request that could fill them."""

    def __init__(self) -> None:
        self.settings = load()
        self.app: WSGIApplication = create_wsgi(self.settings)
        self.redis = connect(self.settings.streams_url())
        self.engine = open_engine(self.settings.sql_url())
        self.clock = SystemClock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = self.app(environ, start_response)
        if environ["REQUEST_METHOD"] == "POST" and not self.is_done():
            self.drain()
        return answer

    def drain(self) -> None:
        left = itertools.count(TURNS, -1)
        reader = Reader(self.redis, "test")
        owner = Leases(self.redis, self.engine, reader, settings=self.settings, clock=self.clock, name="test")
        with owner as leases:
            drain = Drain(leases, reader, Committer(self.engine, clock=self.clock), on_committed=lambda _: None)
            drain.run(lambda: next(left) <= 0 or self.is_done())

    def is_done(self) -> bool:
        return not any(self.redis.xlen(keys.stream(p)) for p in range(self.settings.partitions))


def app() -> Drained:
    return Drained()
