"""A time limit for code that has none, such as a customer's template."""

from __future__ import annotations

import gc
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooSlow(BaseException):
    """Raised in the code that ran too long; no `Exception`, so that no broad `except` in it can swallow this."""


# A raise is lost where Python cannot pass it on: there the alarm waits for its next turn. Not every such place can be
# told (a weak reference's callback), so it goes off again and again until the limit is left.
_AGAIN_S = 0.02


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TooSlow after `seconds`. Signals reach the main thread only: elsewhere there is no limit.

    An alarm that was set before (RQ's timeout of a job) goes on afterwards, late by at most `seconds`.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    alarm = _Alarm(seconds)
    try:
        try:
            alarm.arm()
            yield
        finally:
            alarm.is_armed = False
    finally:
        # Also when the alarm went off in the very line before.
        alarm.restore()


class _Alarm:
    """The timer of one limit, and what it must put back."""

    def __init__(self, seconds: float) -> None:
        self.is_armed = True
        self._seconds = seconds
        self._handler = signal.getsignal(signal.SIGALRM)
        self._began = time.monotonic()
        self._left = (0.0, 0.0)

    def arm(self) -> None:
        signal.signal(signal.SIGALRM, self._stop)
        self._left = signal.setitimer(signal.ITIMER_REAL, self._seconds, _AGAIN_S)

    def _stop(self, _signal: int, frame: FrameType | None) -> None:
        if self.is_armed and not _is_swallowing(frame):
            raise TooSlow

    def restore(self) -> None:
        self.is_armed = False
        left, interval = self._left
        signal.setitimer(signal.ITIMER_REAL, 0)
        # None: it was not set from Python, and cannot be set back from Python.
        signal.signal(signal.SIGALRM, signal.SIG_DFL if self._handler is None else self._handler)
        if left:
            # Zero would mean "never": an alarm that is overdue fires at once instead.
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - self._began), 0.001), interval)


def _is_swallowing(frame: FrameType | None) -> bool:
    """Whether what runs now is a finalizer, a callback of the garbage collector, or the report of its error."""
    hooks = {getattr(hook, "__code__", None) for hook in (*gc.callbacks, sys.unraisablehook)}
    while frame is not None:
        if frame.f_code.co_name == "__del__" or frame.f_code in hooks:
            return True
        frame = frame.f_back
    return False
