"""Reading a partition, fenced: every read is a script that first compares the lease's token.

So an owner that was paused past its lease can take no entry, and the order within a partition is the stream's.
Blocking is a plain XREAD beside it, which takes nothing: it only tells that there is something to take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from redis import Redis, ResponseError

from cueline.errors import LeaseLost
from cueline.streams import keys
from cueline.streams.cluster import Cluster
from cueline.streams.framing import FRAMED, Message, messages
from cueline.streams.script import Script
from cueline.streams.wait import waiter

__all__ = ["Message", "Reader", "oldest_ms"]

_CHECK: Final = "if redis.call('get', KEYS[1]) ~= ARGV[1] then return redis.error_reply('LEASELOST') end\n"

_READ: Final = Script(
    FRAMED
    + _CHECK
    + """
local got = redis.call('xreadgroup', 'GROUP', ARGV[2], ARGV[3], 'COUNT', ARGV[4], 'STREAMS', KEYS[2], '>')
return framed(got and got[1][2] or {})
"""
)

# Pending entries of a dead owner, oldest first. Redis 6.2 answers nil for entries that are deleted.
_TAKE_OVER: Final = Script(
    FRAMED
    + _CHECK
    + """
local got = redis.call('xautoclaim', KEYS[2], ARGV[2], ARGV[3], 0, '0-0', 'COUNT', ARGV[4])
local found = {}
for _, entry in ipairs(got[2]) do
  if entry and entry[2] then found[#found + 1] = entry end
end
return framed(found)
"""
)

# Consumers that left nothing behind; one with pending entries must stay, or they could not be claimed.
_FORGET: Final = Script("""
for _, consumer in ipairs(redis.call('xinfo', 'consumers', KEYS[1], ARGV[1])) do
  local name, pending
  for i = 1, #consumer, 2 do
    if consumer[i] == 'name' then name = consumer[i + 1] end
    if consumer[i] == 'pending' then pending = consumer[i + 1] end
  end
  if name ~= ARGV[2] and pending == 0 then redis.call('xgroup', 'delconsumer', KEYS[1], ARGV[1], name) end
end
return 1
""")

# One call, and on a cluster one node: both or none, as in a transaction.
# The ids come as one text: redis-py takes its time over each argument.
_ACKNOWLEDGE: Final = Script("""
local ids = {}
for id in string.gmatch(ARGV[2], '%S+') do ids[#ids + 1] = id end
redis.call('xack', KEYS[1], ARGV[1], unpack(ids))
return redis.call('xdel', KEYS[1], unpack(ids))
""")


class Reader:
    """Reads the partitions of one owner. `name` is its name as a consumer of the group."""

    def __init__(self, redis: Redis, name: str) -> None:
        self._redis = redis
        self._name = name
        self._waiter = waiter(redis)

    @property
    def is_on_cluster(self) -> bool:
        """Whether a partition can be away while others are not."""
        return isinstance(self._redis, Cluster)

    def prepare(self, partition: int) -> str:
        """Makes the group where it is missing. Returns the id of the last entry that was handed out."""
        stream = keys.stream(partition)
        try:
            self._redis.xgroup_create(stream, keys.GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        groups = self._redis.xinfo_groups(stream)
        delivered = next(g["last-delivered-id"] for g in groups if g["name"] == keys.GROUP.encode())
        return cast(bytes, delivered).decode()

    def read(self, partition: int, token: str, *, count: int) -> list[Message]:
        """The next entries that nobody has taken yet. Raises LeaseLost."""
        return self._fetch(_READ, partition, token, count)

    def take_over(self, partition: int, token: str, *, count: int) -> list[Message]:
        """The oldest entries that were taken, by anybody, and never acknowledged. Raises LeaseLost."""
        return self._fetch(_TAKE_OVER, partition, token, count)

    def forget_dead(self, partition: int) -> None:
        """Removes the consumers of owners that are gone and left nothing unacknowledged."""
        _FORGET(self._redis, [keys.stream(partition)], keys.GROUP, self._name)

    def wait(self, after: Mapping[int, str], *, block_ms: int) -> set[int]:
        """Blocks until a partition has an entry later than the id given for it; which ones have. Takes nothing."""
        return self._waiter.wait(after, block_ms=block_ms)

    def close(self) -> None:
        """Gives back the connections that wait."""
        self._waiter.close()

    def acknowledge(self, handled: Sequence[Message]) -> None:
        """Acknowledged entries are deleted: a stream holds the backlog and nothing else."""
        ids: dict[int, list[str]] = {}
        for message in handled:
            ids.setdefault(message.partition, []).append(message.stream_id)
        for partition, done in ids.items():
            _ACKNOWLEDGE(self._redis, [keys.stream(partition)], keys.GROUP, " ".join(done))

    def _fetch(self, script: Script, partition: int, token: str, count: int) -> list[Message]:
        try:
            names = [keys.lease(partition), keys.stream(partition)]
            found = script(self._redis, names, token, keys.GROUP, self._name, count)
        except ResponseError as error:
            if "LEASELOST" in str(error):
                raise LeaseLost(f"Partition {partition} belongs to another drain now.") from error
            if "NOGROUP" in str(error):
                # Somebody deleted the stream or its group: whoever takes the partition makes both anew.
                raise LeaseLost(f"Partition {partition} has no consumer group any more.") from error
            raise
        return messages(partition, found)


def oldest_ms(redis: Redis, partition: int) -> int | None:
    """When the oldest entry that is not acknowledged came in; None when nothing waits."""
    found = cast(list[Any], redis.xrange(keys.stream(partition), count=1))
    return int(found[0][0].split(b"-")[0]) if found else None
