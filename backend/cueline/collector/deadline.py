"""Work on a store that may hang, for callers who must not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Deadline(Generic[T]):
    """Runs `work` in one thread of its own. Callers who come while it runs wait for the same result."""

    def __init__(self, work: Callable[[], T], *, within_s: float) -> None:
        self._work = work
        self._within_s = within_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="cueline-deadline")
        self._lock = threading.Lock()
        self._running: Future[T] | None = None

    def run(self) -> T:
        """The work's result, its exception, or TimeoutError."""
        with self._lock:
            if self._running is None or self._running.done():
                self._running = self._thread.submit(self._work)
            running = self._running
        return running.result(self._within_s)
