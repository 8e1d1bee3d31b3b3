"""Who takes the append's script call: raw connections where there are some for this client, else the client itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from redis import Redis
from redis.exceptions import ResponseError

from cueline.streams.cluster import Cluster
from cueline.streams.wire import Wire

# The slot moves or has moved, or the cluster does not know who has it: the script was not run.
_ELSEWHERE: Final = frozenset({"MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN"})


class ClusterWire:
    """A wire to each node of a cluster, for scripts whose keys lie in one slot."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._wires: dict[Redis, Wire] = {}

    def evalsha(self, sha: str, count: int, *rest: bytes) -> Sequence[int]:
        try:
            return self._cluster.ask(rest[0], lambda node: self._to(node).evalsha(sha, count, *rest))
        except ResponseError as error:
            if str(error).partition(" ")[0] not in _ELSEWHERE:
                raise
        # The cluster's own client asks where the slot is now.
        return cast("list[int]", self._cluster.evalsha(sha, count, *rest))

    def eval(self, script: str, count: int, *rest: bytes) -> Sequence[int]:
        """Once for each node and script: nothing to hurry for."""
        return cast("list[int]", self._cluster.eval(script, count, *rest))

    def _to(self, node: Redis) -> Wire:
        return self._wires.get(node) or self._wires.setdefault(node, Wire(node))


Caller = Redis | Wire | ClusterWire


def wire_to(redis: Redis) -> Caller:
    """Another client that finds its way by itself is left to do so."""
    if isinstance(redis, Cluster):
        return ClusterWire(redis)
    return Wire(redis) if type(redis) is Redis else redis
