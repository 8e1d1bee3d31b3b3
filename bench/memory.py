"""Memory of `cueline web` and of a worker under load: how much at the end, and whether it grew."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from redis import Redis

from bench import servers
from bench.figures import Row
from bench.site import furnish
from cueline.benchmark import children
from cueline.benchmark.children import Web, told
from cueline.benchmark.load import Load
from cueline.benchmark.usage import group_rss_mb
from cueline.streams import keys

UNIT: Final = "MB"
_CAMPAIGNS: Final = 1_000
_PARTITIONS: Final = 4
_MOST_MB: Final = 120.0
_GROWTH: Final = 1.1
_BATCH: Final = 20
_CONNECTIONS: Final = 4
_PATIENCE_S: Final = 120.0


def run(folder: Path, *, events: int) -> list[Row]:
    """A third of the events, a look, and the rest: all that is cached is there by then."""
    with ExitStack() as stack:
        socket = stack.enter_context(servers.redis(folder))
        environ = servers.House(folder, socket, "").environ(servers.SQLITE, "memory")
        shop = furnish(environ, campaigns=_CAMPAIGNS)
        redis = stack.enter_context(Redis.from_url(environ["CUELINE_REDIS_URL"]))
        web = stack.enter_context(children.web(environ))
        for kind in ("clock", "deliver", "drain"):
            command = [sys.executable, "-m", "cueline.jobs", kind]
            drain = stack.enter_context(servers.process(command, log=folder / f"{kind}.log", env=environ))
        groups = {"web": web.group, "drain": drain}
        looks = [_look(groups, redis, web, shop.write_key, part * events // 3) for part in (1, 2)]
    return [_row(name, *(look[name] for look in looks)) for name in groups]


def _look(groups: dict[str, int], redis: Redis, web: Web, key: str, events: int) -> dict[str, float]:
    """Megabytes of each group's largest process once all that was sent is drained."""
    told("cueline.benchmark.load", web.port, key, _BATCH, _CONNECTIONS, events // _BATCH, _PATIENCE_S, kind=Load)
    until_s = time.monotonic() + _PATIENCE_S
    while any(redis.xlen(keys.stream(partition)) for partition in range(_PARTITIONS)):
        if time.monotonic() > until_s:
            raise TimeoutError(f"the drain did not catch up within {_PATIENCE_S:.0f} s")
        time.sleep(0.2)
    return {name: max(group_rss_mb(group)) for name, group in groups.items()}


def _row(name: str, early_mb: float, late_mb: float) -> Row:
    return Row(
        f"{name}, resident after the load", [late_mb], "after a third", [early_mb], most=_MOST_MB, most_ratio=_GROWTH
    )
