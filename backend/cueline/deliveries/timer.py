"""A time limit for code that has none, such as a customer's template."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooSlow(BaseException):
    """Raised in the code that ran too long; no `Exception`, so that no broad `except` in it can swallow this."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TooSlow after `seconds`. Signals reach the main thread only: elsewhere there is no limit.

    An alarm that was set before (RQ's timeout of a job) goes on afterwards, late by at most `seconds`.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGALRM, _stop)
    began = time.monotonic()
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        # None: it was not set from Python, and cannot be set back from Python.
        signal.signal(signal.SIGALRM, signal.SIG_DFL if handler is None else handler)
        if left:
            # Zero would mean "never": an alarm that is overdue fires at once instead.
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - began), 0.001), interval)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlow
