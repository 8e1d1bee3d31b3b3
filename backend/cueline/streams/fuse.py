"""Redis that did not answer in time is not asked by everyone again: that would hold every thread of a web process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry

T = TypeVar("T")

REST_S: Final = 1.0


class Fuse(Retry):
    """redis-py asks it for every call and every connection: it never repeats, and after a timeout it is blown.

    A blown fuse fails calls at once; about once a second one of them is let through to see whether Redis is back.
    Share one among all connections of a client.
    """

    def __init__(self, *, timeout_s: float, now_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__(NoBackoff(), 0)
        self._timeout_s = timeout_s
        self._now_s = now_s
        self._closed_until_s: float | None = None

    def __deepcopy__(self, _memo: dict[int, Any]) -> Fuse:
        """redis-py gives each connection a copy: what one learns, all must know."""
        return self

    def call_with_retry(
        self,
        do: Callable[[], T],
        fail: Callable[..., Any],
        is_retryable: Callable[[Exception], bool] | None = None,
        with_failure_count: bool = False,
    ) -> T:
        found: T = self.once(super().call_with_retry, do, fail, is_retryable, with_failure_count)
        return found

    def once(self, do: Callable[..., T], *arguments: Any) -> T:
        """One call, by whoever clears up after it himself."""
        if self._closed_until_s is not None:
            self._check(self._closed_until_s)
        try:
            found = do(*arguments)
        except (NoAnswer, TimeoutError):
            self._closed_until_s = self._now_s() + REST_S
            raise
        except ResponseError:
            self._closed_until_s = None  # a refusal is an answer
            raise
        self._closed_until_s = None
        return found

    def _check(self, closed_until_s: float) -> None:
        now_s = self._now_s()
        if now_s < closed_until_s:
            raise NoAnswer("Redis did not answer a moment ago")
        # This call is the probe; nobody joins it before it has had its time.
        self._closed_until_s = now_s + self._timeout_s + REST_S
