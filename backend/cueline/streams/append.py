"""The append: one script call that checks the rate limits and writes a request's events, all or nothing."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import Final, cast

import msgspec
from redis.exceptions import NoScriptError, RedisError

from cueline.errors import Full, RateLimited, Unavailable
from cueline.streams import keys
from cueline.streams.caller import Caller

# A bucket is one number: when it will be full again, in microseconds (GCRA). A cost beyond the burst passes when the
# bucket is full and is paid off afterwards. A number further ahead than any debt means that Redis' clock was set back.
# The first write is an XADD: Redis refuses it without memory or disk, and later writes of the same script no more.
_SCRIPT: Final = """
local most, limits, lengths = unpack(cmsgpack.unpack(ARGV[1]))
local stream = KEYS[1]
if redis.call('XLEN', stream) >= most then return {-1, 0} end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full_at = {}
for i, limit in ipairs(limits) do
  local interval, burst, cost = 1000000 / limit[3], limit[4], limit[5]
  local full = tonumber(redis.call('GET', KEYS[i + 1]) or now) or now
  if full < now or full > now + (burst + 1000) * interval then full = now end
  local wait = full - now + (math.min(cost, burst) - burst) * interval
  if wait > 0 then return {i, math.ceil(wait / 1000)} end
  full_at[i] = full + cost * interval
end
local start = 1
for _, length in ipairs(lengths) do
  redis.call('XADD', stream, '*', 'e', string.sub(ARGV[2], start, start + length - 1))
  start = start + length
end
for i, full in ipairs(full_at) do
  local life = math.max(1, math.ceil((full - now) / 1000))
  redis.call('SET', KEYS[i + 1], string.format('%.0f', full), 'PX', life)
end
return {0, 0}
"""
_SHA: Final = hashlib.sha1(_SCRIPT.encode()).hexdigest()

_encode: Final = msgspec.msgpack.Encoder().encode

_TAKEN: Final = 0
_FULL: Final = -1

# What stands in Redis' words (redis-py takes off most codes, 6.2 wraps all into a longer text), and what we say: no
# addresses, for anyone may read it.
_WORDS: Final = (
    ("maxmemory", "Redis is out of memory and takes no more events"),
    ("MISCONF", "Redis cannot write to its disk and takes no more events"),
    ("read only replica", "Redis is a read-only replica just now"),
    ("loading the dataset", "Redis is still loading its data"),
    ("NOREPLICAS", "Redis has too few replicas to take events"),
)


class Limit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A token bucket of one partition and what this append costs there. `kind`: key, address or visitor."""

    kind: str
    who: str
    rate_per_s: float
    burst: float
    cost: int


def append(
    redis: Caller, partition: int, entries: Sequence[bytes], *, limits: Sequence[Limit] = (), max_len: int
) -> None:
    """Write encoded entries to the partition's stream, in order and all or none.

    Raises RateLimited (nothing was taken from any bucket), Full (`max_len` entries wait already) or Unavailable (a
    timeout among them: the entries may be in Redis then, and a repeat with the same eids is harmless).
    """
    prefix = keys.rates(partition)
    names = [keys.stream(partition).encode(), *[f"{prefix}{limit.kind}:{limit.who}".encode() for limit in limits]]
    state, wait_ms = _call(redis, names, (_encode((max_len, limits, [*map(len, entries)])), b"".join(entries)))
    if state == _TAKEN:
        return
    if state == _FULL:
        raise Full("Too many events wait to be worked on. Repeat later.")
    raise RateLimited(limits[state - 1].kind, max(1, math.ceil(wait_ms / 1000)))


def _call(redis: Caller, names: Sequence[bytes], arguments: tuple[bytes, bytes]) -> Sequence[int]:
    try:
        try:
            answer = redis.evalsha(_SHA, len(names), *names, *arguments)
        except NoScriptError:
            answer = redis.eval(_SCRIPT, len(names), *names, *arguments)
    except RedisError as error:
        raise unavailable(error) from error
    return cast("Sequence[int]", answer)


def unavailable(error: RedisError) -> Unavailable:
    """What a failed call to Redis means to a sender."""
    said = str(error)
    words = next((words for sign, words in _WORDS if sign in said), "Redis does not answer")
    return Unavailable(f"{words}. Nothing is lost if you repeat later.")
