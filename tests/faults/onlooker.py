"""Somebody who looks while things are away: REST lists, the status page's feed, health, and the snippet's file."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.faults import sender
from tests.faults.sender import Answer

PATHS = (
    "/healthz",
    "/readyz",
    "/metrics",
    "/v1/cueline.js",
    "/status/feed",
    "/api/v1/events?limit=5",
    "/api/v1/actions",
    "/api/v1/users/u1",
)
_PAUSE_S = 0.05
_TIMEOUT_S = 30


@dataclass
class Onlooker:
    """One thread per path; `seen` has all answers in the order they came."""

    url: str
    paths: tuple[str, ...] = PATHS
    seen: list[tuple[str, Answer]] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Onlooker:
        self._threads = [threading.Thread(target=self._look, args=(path,), daemon=True) for path in self.paths]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(_TIMEOUT_S + 5)

    def _look(self, path: str) -> None:
        while not self._ended.is_set():
            self.seen.append((path, sender.ask(self.url, path, timeout_s=_TIMEOUT_S)))
            time.sleep(_PAUSE_S)

    def of(self, path: str) -> list[Answer]:
        return [answer for asked, answer in list(self.seen) if asked == path]

    def codes(self) -> dict[str, Counter[str]]:
        """How often each path was answered how."""
        return {path: Counter(answer.name for answer in self.of(path)) for path in self.paths}

    def slowest_s(self) -> dict[str, float]:
        return {path: max((answer.seconds for answer in self.of(path)), default=0) for path in self.paths}

    def check(self) -> None:
        """No page has failed: it was shown, or put off in words."""
        for path, answer in self.seen:
            allowed = (200, 404) if path.startswith("/api/v1/users/") else (200,)
            put_off = () if path in ("/healthz", "/metrics", "/v1/cueline.js") else (503,)
            if path == "/readyz":
                assert answer.status in (0, 200, 503), (path, answer)
            else:
                sender.check(answer, *allowed, *put_off)
