"""Work on a store that may hang, for callers who must not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Deadline(Generic[T]):
    """Runs `work` in one thread of its own. Callers who come while it runs wait for the same result, as long as it may
    take; once it is overdue nobody waits for it any more, or callers would pile up behind a store that hangs.
    """

    def __init__(self, work: Callable[[], T], *, within_s: float) -> None:
        self._work = work
        self._within_s = within_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="cueline-deadline")
        self._lock = threading.Lock()
        self._running: Future[T] | None = None
        self._due_s = 0.0

    def run(self) -> T:
        """The work's result, its exception, or TimeoutError."""
        with self._lock:
            if self._running is None or self._running.done():
                self._running = self._thread.submit(self._work)
                self._due_s = time.monotonic() + self._within_s
            running, due_s = self._running, self._due_s
        return running.result(max(0.0, due_s - time.monotonic()))
