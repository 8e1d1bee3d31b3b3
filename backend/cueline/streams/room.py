"""Room for more events in Redis: the doors leave a tenth of its memory to those who work the backlog off.

A Redis without any memory left refuses leases and RQ's writes, too: then no worker could start, and what fills it would
stay for ever.
"""

from __future__ import annotations

import threading
from typing import Any, Final

from redis import Redis
from redis.exceptions import RedisError

from cueline.errors import Full
from cueline.logs import Log, said
from cueline.streams.connect import masters

_log = Log(__name__)

SHARE: Final = 0.9
# From this share on it is looked at more often: a busy site fills the rest within seconds.
_SOON: Final = 0.6
_LOOK_S: Final = 1.0
_LOOK_SOON_S: Final = 0.1


class Room:
    """How full the fullest server is, looked at in the background. Without `maxmemory` there is always room."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._full = 0.0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def check(self) -> None:
        """Raises Full."""
        if self._full >= SHARE:
            raise Full("Redis is nearly out of memory: too many events wait to be worked on. Repeat later.")

    def look(self) -> None:
        """A server that does not answer changes nothing: the append will say it."""
        try:
            self._full = max(_share(server.info("memory")) for _, server in masters(self._redis))
        except RedisError as error:
            _log.debug("redis does not say how full it is", error=said(error))

    def start(self) -> None:
        """Look in the background until `stop`."""
        self._thread = threading.Thread(target=self._run, name="cueline-room", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        self.look()
        while not self._stopping.wait(_LOOK_SOON_S if self._full >= _SOON else _LOOK_S):
            self.look()


def _share(memory: Any) -> float:
    limit = int(memory["maxmemory"])
    return int(memory["used_memory"]) / limit if limit else 0.0
