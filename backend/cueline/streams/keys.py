"""Names of everything we keep in Redis.

A partition's keys carry its hash tag, so that they stay together on Redis Cluster and one script may touch them.
"""

from __future__ import annotations

import zlib
from typing import Final

GROUP: Final = "drain"
ACCESS: Final = "cueline:access"  # hash: key's lookup -> JSON of its workspace (the mirror of SQL)
STATS: Final = "cueline:stats"  # hash: counter name -> number
DRAINS: Final = "cueline:drains"  # sorted set: live drain -> last beat, ms
CLOCK_LEADER: Final = "cueline:clock"
DELIVER_WAKE: Final = "cueline:deliver:wake"  # list: at most a few hints that something is due


def stream(partition: int) -> str:
    return f"cueline:{{p{partition}}}:events"


def probe(partition: int) -> str:
    """Written by checks, to see whether it can be; gone after a second."""
    return f"cueline:{{p{partition}}}:probe"


def lease(partition: int) -> str:
    return f"cueline:{{p{partition}}}:lease"


def rates(partition: int) -> str:
    """Of the token buckets; `<kind>:<who>` follows, where kind is `key`, `address` or `visitor`."""
    return f"cueline:{{p{partition}}}:rate:"


def rate(partition: int, kind: str, who: str) -> str:
    """A token bucket."""
    return f"{rates(partition)}{kind}:{who}"


def slot(kind: str, number: int) -> str:
    """Sign of life of a resident job."""
    return f"cueline:slot:{kind}:{number}"


def partition_of(workspace_id: int, who: str, partitions: int) -> int:
    """Stable over processes, hosts and releases. `who`: the visitor_id of a browser, the user_ext_id of a server."""
    return zlib.crc32(f"{workspace_id}:{who}".encode("utf-8", "surrogatepass")) % partitions
