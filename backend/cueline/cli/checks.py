"""The checks of `cueline doctor`: each one looks at one thing and says what to do."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from redis import Redis, RedisError
from sqlalchemy import Connection, Engine, func, select

from cueline.cli.failures import masked
from cueline.cli.port import is_loopback
from cueline.config import Settings, is_cluster
from cueline.store import keys, workspaces
from cueline.store.migrate import current_revision, wanted_revision
from cueline.store.session import reading
from cueline.store.tables import dead_letters
from cueline.streams import keys as redis_keys
from cueline.streams.connect import masters

Level = Literal["ok", "warn", "fail"]

OLDEST_REDIS: Final = (6, 2)
BEAT_MS: Final = 15_000
SLOW_MS: Final = 10_000
STUCK_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Check:
    """What was found, and what to do about it."""

    name: str
    level: Level
    found: str
    advice: str = ""


def check_redis(redis: Redis, settings: Settings) -> list[Check]:
    """Version and persistence, of each master of a cluster. Raises redis' own errors when none answers."""
    servers = masters(redis)
    if len(servers) == 1 and not servers[0][0]:
        return _check_server(redis.info(), masked(settings.streams_url()))
    return [check for name, server in servers for check in _check_node(name, server)]


def _check_node(name: str, server: Redis) -> list[Check]:
    try:
        return _check_server(server.info(), name)
    except RedisError as error:
        advice = "Start it again: what lies on its partitions waits, and they take no events meanwhile."
        return [Check("Redis", "fail", f"{name} does not answer ({type(error).__name__})", advice)]


def _check_server(info: dict[str, Any], where: str) -> list[Check]:
    version = str(info["redis_version"])
    at = f"{version} at {where}"
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        return [Check("Redis", "fail", at, "Streams need Redis 6.2 or newer: upgrade it.")]
    return [Check("Redis", "ok", at), _aof(info), _policy(info)]


def check_way(redis: Redis, settings: Settings) -> list[Check]:
    """A cluster that is spoken to as if it were a Redis by itself: most commands would be refused."""
    if is_cluster(settings.streams_url()) or redis.info().get("redis_mode") != "cluster":
        return []
    advice = "Write redis+cluster:// in CUELINE_REDIS_URL, and give RQ a Redis by itself: CUELINE_RQ_REDIS_URL."
    return [Check("Redis", "fail", "CUELINE_REDIS_URL leads to a node of a cluster", advice)]


def _aof(info: dict[str, Any]) -> Check:
    if info.get("aof_enabled"):
        return Check("Redis on disk", "ok", "append-only file is on")
    return Check(
        "Redis on disk",
        "warn",
        "append-only file is off: events that were answered 202 but not drained are lost when Redis ends",
        "Set `appendonly yes` in redis.conf, or CONFIG SET appendonly yes.",
    )


def _policy(info: dict[str, Any]) -> Check:
    policy = str(info.get("maxmemory_policy", "unknown"))
    if policy == "noeviction":
        return Check("Redis memory", "ok", "noeviction")
    advice = "Set `maxmemory-policy noeviction` in redis.conf, or CONFIG SET maxmemory-policy noeviction."
    level: Level = "fail" if policy.startswith("allkeys") else "warn"
    return Check("Redis memory", level, f"{policy}: when memory is full, Redis may drop events", advice)


def check_migrations(engine: Engine) -> Check:
    """Raises SQLAlchemy's own errors when the database does not answer."""
    current, wanted = current_revision(engine), wanted_revision()
    if current == wanted:
        return Check("Migrations", "ok", f"at {wanted}")
    found = f"at {current}, this release wants {wanted}" if current else "the database has no tables yet"
    return Check("Migrations", "fail", found, "Run `cueline db upgrade`.")


def check_workspace(connection: Connection) -> Check:
    workspace = workspaces.first(connection)
    if workspace is None:
        return Check("Workspace", "fail", "there is none", "Run `cueline db upgrade`: it makes the first one.")
    kinds = {row.kind for row in keys.list_(connection, workspace.id) if row.revoked_ms is None}
    missing = [kind for kind in (keys.WRITE, keys.SECRET) if kind not in kinds]
    if missing:
        advice = " and ".join(f"`cueline keys create {kind}`" for kind in missing)
        return Check("Workspace", "warn", f"no {' and no '.join(missing)} key", f"Run {advice}.")
    return Check("Workspace", "ok", f"`{workspace.name}`")


def check_clock(redis: Redis) -> Check:
    if redis.exists(redis_keys.CLOCK_LEADER):
        return Check("Clock", "ok", "running")
    return Check("Clock", "fail", "no clock runs: what is due waits", "Start `cueline clock` on one host.")


def check_drains(redis: Redis, settings: Settings) -> Check:
    since = int(time.time() * 1000) - BEAT_MS
    alive = int(redis.zcount(redis_keys.DRAINS, since, "+inf"))
    if alive == 0:
        return Check("Drains", "fail", "none runs: events wait in Redis", "Start `cueline worker`.")
    return Check("Drains", "ok", f"{alive} for {settings.partitions} partitions")


def check_lag(redis: Redis, settings: Settings) -> Check:
    """How many entries wait, and for how long the oldest does."""
    names = [redis_keys.stream(partition) for partition in range(settings.partitions)]
    with redis.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.xlen(name)
            pipe.xrange(name, count=1)
        answers = pipe.execute(raise_on_error=False)
    there = [pair for pair in zip(answers[::2], answers[1::2], strict=True) if not _has_failed(pair)]
    waiting = sum(int(length) for length, _ in there)
    age_ms = max((_age_ms(entries) for _, entries in there), default=0)
    if len(there) < len(names):
        away = f"{len(names) - len(there)} of {len(names)} partitions do not answer"
        return Check("Lag", "fail", away, "Their node of the Redis Cluster is away: start it again.")
    found = f"{waiting} events wait, the oldest for {age_ms / 1000:.1f} s" if waiting else "nothing waits"
    if age_ms < SLOW_MS:
        return Check("Lag", "ok", found)
    advice = "See that `cueline worker` runs, and its log. With all partitions busy, start more of them."
    return Check("Lag", "fail" if age_ms >= STUCK_MS else "warn", found, advice)


def _has_failed(answers: tuple[Any, ...]) -> bool:
    return any(isinstance(answer, RedisError) for answer in answers)


def _age_ms(entries: Any) -> int:
    if not entries:
        return 0
    written_ms = int(entries[0][0].partition(b"-")[0])
    return max(0, int(time.time() * 1000) - written_ms)


def check_dead_letters(connection: Connection) -> Check:
    query = select(func.count()).select_from(dead_letters).where(dead_letters.c.replayed_ms.is_(None))
    count = connection.scalar(query)
    if not count:
        return Check("Dead letters", "ok", "none")
    advice = "`cueline dead-letters list` shows why, `cueline dead-letters replay ID` tries one again."
    return Check("Dead letters", "warn", f"{count} events could not be handled", advice)


def check_mail(settings: Settings) -> Check:
    if settings.smtp_url:
        return Check("Mail", "ok", f"through {masked(settings.smtp_url)}, from {settings.mail_from}")
    return Check("Mail", "warn", "kept, not sent", "Set CUELINE_SMTP_URL to send mails.")


def check_public_url(settings: Settings) -> Check:
    address = settings.address()
    if not _is_public(settings):
        advice = "Set CUELINE_PUBLIC_URL to the address that pages and mails are to use."
        return Check("Public address", "warn", f"{address}: only this machine can reach it", advice)
    return Check("Public address", "ok", address)


def _is_public(settings: Settings) -> bool:
    return not is_loopback(urlsplit(settings.address()).hostname or "")


def check_trust(connection: Connection, settings: Settings) -> list[Check]:
    """Whom the workspace believes. What is good for trying only warns where others than this machine can come in."""
    workspace = workspaces.first(connection)
    if workspace is None:
        return []
    level: Level = "warn" if _is_public(settings) else "ok"
    return [_identity(workspace.identity_mode, level), _origins(workspace.origins, level)]


def _identity(mode: str, level: Level) -> Check:
    if mode != "off":
        return Check("Identity", "ok", mode)
    advice = "`cueline workspace set --identity warn`, then `enforce` when your pages have the hash (docs/running.md)."
    return Check("Identity", level, "off: a page's word for who the user is counts", advice if level != "ok" else "")


def _origins(origins: list[str], level: Level) -> Check:
    if "*" not in origins:
        return Check("Origins", "ok", ", ".join(origins))
    advice = "`cueline workspace set --origin https://…` for each site with your pages."
    return Check("Origins", level, "*: pages of every site may report", advice if level != "ok" else "")


def check_sql(engine: Engine, settings: Settings) -> list[Check]:
    """Everything that is read from SQL; what needs tables only where the tables are."""
    migrations = check_migrations(engine)
    found = [Check("SQL", "ok", masked(settings.sql_url())), migrations]
    if migrations.level != "ok":
        return found
    with reading(engine) as connection:
        return [
            *found,
            check_workspace(connection),
            *check_trust(connection, settings),
            check_dead_letters(connection),
        ]
