"""Redis: does it answer, does it take writes, does it keep them?"""

from __future__ import annotations

from typing import Any, Final

from redis import Redis, RedisError

from cueline.checks.check import FAIL, OK, WARN, Check, Level, Site, shown
from cueline.streams import keys
from cueline.streams.connect import masters

OLDEST: Final = (6, 2)
NEARLY_FULL: Final = 0.9
_URL: Final = "CUELINE_REDIS_URL"

# By what Redis says: what it means, and what helps. redis-py takes off some of the codes.
_REASONS: Final = (
    (
        ("maxmemory", "OOM"),
        "Redis is out of memory: events are refused with 503",
        "Raise `maxmemory` (CONFIG SET maxmemory 2gb), or see under Lag why events pile up.",
    ),
    (
        ("MISCONF", "No space left"),
        "Redis cannot write to its disk: events are refused with 503",
        "Free space where it keeps its files (CONFIG GET dir); its log says what went wrong.",
    ),
    (
        ("read only replica", "READONLY"),
        "Redis is a read-only replica: events are refused with 503",
        "Let {url} lead to the master, or make this one the master (REPLICAOF NO ONE).",
    ),
    (
        ("loading the dataset", "LOADING"),
        "Redis is still loading its data: events are refused with 503",
        "Wait until it has read its files.",
    ),
    (
        # RESP 3 greets with HELLO, which "must be called with the client already authenticated": we have no password.
        (
            *("invalid username-password", "WRONGPASS", "NOAUTH"),
            *("Authentication required", "without any password", "already authenticated"),
        ),
        "Redis refuses our user name or password",
        "Check both in {url}.",
    ),
    (("NOPERM", "no permissions"), "Redis does not let our user do this", "Allow its user all commands on cueline:*."),
    (("max number of clients",), "Redis has too many clients", "Raise its `maxclients`, or run fewer processes."),
    (("NOREPLICAS",), "Redis has too few replicas: events are refused with 503", "Start its replicas again."),
    (
        ("CLUSTERDOWN",),
        "The Redis Cluster is down: events are refused with 503",
        "`redis-cli --cluster check` says which slots nobody has.",
    ),
)


def look(site: Site) -> list[Check]:
    """Of each master of a cluster, or of the one there is. Raises RedisError when none answers."""
    with site.redis() as redis:
        servers = masters(redis)
        if len(servers) == 1 and not servers[0][0]:
            return _one(redis, shown(site.settings.streams_url()))
        found = [check for name, server in servers for check in _node(name, server)]
        return [*found, *_partitions_away(redis, site.settings.partitions)]


def look_at_queues(site: Site) -> list[Check]:
    """RQ's Redis, where it is another one."""
    if not site.settings.rq_redis_url:
        return []
    with site.queues() as redis:
        info: dict[str, Any] = redis.info()
        at = f"{info['redis_version']}"
        return [_writes(redis, "RQ's Redis", at, shown(site.settings.queues_url()), "CUELINE_RQ_REDIS_URL")]


def refused(name: str, error: RedisError, *, url: str = _URL) -> Check:
    """What an error of Redis' means."""
    said = str(error)
    for signs, found, advice in _REASONS:
        if any(sign in said for sign in signs):
            return Check(name, FAIL, found, advice.format(url=url))
    return Check(
        name,
        FAIL,
        f"{name} does not answer ({type(error).__name__}): events are refused with 503 until it does",
        f"Check {url}, and that it runs: its log says why not.",
        said,
    )


def _one(redis: Redis, where: str) -> list[Check]:
    info: dict[str, Any] = redis.info()
    if info.get("redis_mode") == "cluster":
        advice = f"Write redis+cluster:// in {_URL}, and give RQ a Redis by itself: CUELINE_RQ_REDIS_URL."
        return [Check("Redis", FAIL, f"{_URL} leads to a node of a cluster", advice, where)]
    if _is_too_old(info):
        return [_too_old(info, where)]
    return [_writes(redis, "Redis", str(info["redis_version"]), where, _URL), *_kept(info)]


def _node(name: str, server: Redis) -> list[Check]:
    try:
        info: dict[str, Any] = server.info()
    except RedisError as error:
        advice = "Start it again: what lies on its partitions waits, and they take no events meanwhile."
        return [Check("Redis", FAIL, f"a node does not answer ({type(error).__name__})", advice, name)]
    if _is_too_old(info):
        return [_too_old(info, name)]
    return [Check("Redis", OK, str(info["redis_version"]), where=name), *_kept(info)]


def _partitions_away(redis: Redis, partitions: int) -> list[Check]:
    """Each partition is written to: on a cluster some can be away while the others answer."""
    with redis.pipeline(transaction=False) as pipe:
        for partition in range(partitions):
            pipe.set(keys.probe(partition), 1, px=1000)
        answers = pipe.execute(raise_on_error=False)
    failed = [answer for answer in answers if isinstance(answer, RedisError)]
    if not failed:
        return []
    why = refused("Redis", failed[0])
    found = f"{len(failed)} of {partitions} partitions take no events. {why.found}"
    return [Check("Partitions", FAIL, found, why.advice, why.where)]


def _writes(redis: Redis, name: str, at: str, where: str, url: str) -> Check:
    try:
        redis.set(keys.probe(0), 1, px=1000)
    except RedisError as error:
        return refused(name, error, url=url)
    return Check(name, OK, at, where=where)


def _is_too_old(info: dict[str, Any]) -> bool:
    return tuple(int(part) for part in str(info["redis_version"]).split(".")[:2]) < OLDEST


def _too_old(info: dict[str, Any], where: str) -> Check:
    found = f"{info['redis_version']} is too old"
    return Check("Redis", FAIL, found, "Streams need Redis 6.2 or newer: upgrade it.", where)


def _kept(info: dict[str, Any]) -> list[Check]:
    return [_disk(info), _memory(info)]


def _disk(info: dict[str, Any]) -> Check:
    if not info.get("aof_enabled"):
        return Check(
            "Redis on disk",
            WARN,
            "its append-only file is off: events that were answered 202 but not drained are lost when it ends",
            "Set `appendonly yes` in redis.conf, or CONFIG SET appendonly yes.",
        )
    if "err" in (info.get("aof_last_write_status"), info.get("aof_last_bgrewrite_status")):
        return Check(
            "Redis on disk",
            FAIL,
            "it could not write its append-only file",
            "Free space where it keeps its files (CONFIG GET dir); its log says what went wrong.",
        )
    return Check("Redis on disk", OK, "append-only file is on")


def _memory(info: dict[str, Any]) -> Check:
    policy = str(info.get("maxmemory_policy", "unknown"))
    if policy != "noeviction":
        advice = "Set `maxmemory-policy noeviction` in redis.conf, or CONFIG SET maxmemory-policy noeviction."
        level: Level = FAIL if policy.startswith("allkeys") else WARN
        return Check("Redis memory", level, f"{policy}: when memory is full, Redis may drop events", advice)
    limit, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0))
    if limit and used > NEARLY_FULL * limit:
        found = f"{used * 100 // limit} % of maxmemory is used: when it is full, events are refused with 503"
        return Check("Redis memory", WARN, found, "Raise `maxmemory`, or see under Lag why events pile up.")
    return Check("Redis memory", OK, "noeviction")
