"""Connections to Redis, by itself or a cluster, set up so that a write is never repeated behind our back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cueline.config import is_cluster
from cueline.streams.cluster import Cluster
from cueline.streams.fuse import Fuse
from cueline.streams.nodes import Address, Routes

_PORT: Final = 6379
_TIMEOUT_S: Final = 5.0
# A sender has better things to do than to wait for an answer, and so have our threads.
_WEB_TIMEOUT_S: Final = 2.0


def connect(url: str, *, rest: str = "", timeout_s: float | None = _TIMEOUT_S) -> Redis:
    """A client that does not retry: redis-py's own retries repeat XADD, and the sender repeats with the same eid.

    `url`: `redis://`, `rediss://`, `unix://`, or `redis+cluster://` (`rediss+cluster://`) with some nodes of a
    cluster, host:port with commas between. `rest`: beside a cluster, the Redis of what belongs to no partition.
    `timeout_s`: for an answer; None for a client that blocks.
    """
    if is_cluster(url):
        # A node that hangs must not take the time in which the leases on the others are to be renewed.
        return _connect_cluster(url, rest, min(timeout_s or _TIMEOUT_S, _WEB_TIMEOUT_S))
    return _open(url, timeout_s, Retry(NoBackoff(), 0))


def connect_for_web(url: str, *, rest: str = "", timeout_s: float = _WEB_TIMEOUT_S) -> Redis:
    """As `connect`, for many threads: what does not answer in time is left alone for a moment by all of them."""
    if is_cluster(url):
        return _connect_cluster(url, rest, timeout_s)
    return _open(url, timeout_s, Fuse(timeout_s=timeout_s))


def masters(redis: Redis) -> list[tuple[str, Redis]]:
    """Each server with its name by itself: all masters of a cluster, or the one there is, without a name."""
    if isinstance(redis, Cluster):
        return [(node.name, node.redis) for node in redis.nodes()]
    return [("", redis)]


def _connect_cluster(url: str, rest: str, timeout_s: float) -> Redis:
    """A fuse for each node: one that hangs must not hold up those who work with the others."""
    if not rest:
        raise ValueError("A cluster needs a Redis beside it for what belongs to no partition.")
    cluster = ClusterUrl.read(url)

    def open_node(host: str, port: int) -> Redis:
        return _open(cluster.url_of(host, port), timeout_s, Fuse(timeout_s=timeout_s))

    return Cluster(Routes(cluster.nodes, open_node), _open(rest, timeout_s, Fuse(timeout_s=timeout_s)))


def _open(url: str, timeout_s: float | None, retry: Retry) -> Redis:
    return Redis.from_url(
        url,
        retry=retry,
        socket_timeout=timeout_s,
        socket_connect_timeout=min(timeout_s or _TIMEOUT_S, _TIMEOUT_S),
        health_check_interval=0,
    )


@dataclass(frozen=True, slots=True)
class ClusterUrl:
    """The nodes that an address names, and what is the same for all of them."""

    scheme: str
    user: str
    nodes: Sequence[Address]
    query: str

    @classmethod
    def read(cls, url: str) -> ClusterUrl:
        parts = urlsplit(url)
        user, _, hosts = parts.netloc.rpartition("@")
        nodes = [_address(host) for host in hosts.split(",") if host]
        return cls(parts.scheme.partition("+")[0], user, nodes, parts.query)

    def url_of(self, host: str, port: int) -> str:
        """The address of one node, seed or told of later."""
        user = f"{self.user}@" if self.user else ""
        shown = f"[{host}]" if ":" in host else host
        return f"{self.scheme}://{user}{shown}:{port}" + (f"?{self.query}" if self.query else "")


def _address(text: str) -> Address:
    """`host`, `host:port` or `[ipv6]:port`."""
    parts = urlsplit(f"//{text}")
    return parts.hostname or text, parts.port or _PORT
