"""Connections to Redis, set up so that a write is never repeated behind our back."""

from __future__ import annotations

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def connect(url: str, *, timeout_s: float | None = 5.0) -> Redis:
    """A client that does not retry: redis-py's own retries repeat XADD, and the sender repeats with the same eid.

    `timeout_s`: for an answer; None for a client that blocks.
    """
    return Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=timeout_s,
        socket_connect_timeout=5.0,
        health_check_interval=0,
    )
