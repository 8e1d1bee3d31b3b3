"""From reporting an action to its effect being committed, and where that time goes: web, Redis, a drain, SQL."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench import servers
from bench.figures import Row
from bench.servers import House
from bench.site import furnish
from cueline.benchmark import children, draining
from cueline.benchmark.children import Drainer, Web
from cueline.benchmark.latency import measure
from cueline.benchmark.measured import Latency
from cueline.benchmark.shop import Shop

UNIT: Final = "ms"
_CAMPAIGNS: Final = 1_000
_RATES: Final = (25, 200)
_BUDGET_RATE: Final = 200
_P50_MS: Final = 3.0
_P99_MS: Final = 25.0

Site = tuple[Web, Drainer, Shop]


def run(folder: Path, *, rounds: int, seconds: float) -> list[Row]:
    """`seconds` of each rate in each round, on both databases in turns."""
    with ExitStack() as stack:
        house = stack.enter_context(servers.house(folder))
        sites = {store: _site(stack, house, store) for store in servers.STORES}
        found: dict[tuple[str, int], list[Latency]] = {(store, rate): [] for store in sites for rate in _RATES}
        for _ in range(rounds):
            for (store, rate), runs in found.items():
                web, child, shop = sites[store]
                runs.append(measure(web, child, shop, rate=rate, seconds=seconds))
    return [row for (store, rate), runs in found.items() for row in _rows(store, rate, runs)]


def _site(stack: ExitStack, house: House, store: str) -> Site:
    environ = house.environ(store, f"latency_{store.lower()}")
    shop = furnish(environ, campaigns=_CAMPAIGNS)
    web = stack.enter_context(children.web(environ))
    child = stack.enter_context(children.drain(environ))
    draining.one_round(child, shop, draining.WARM_UP)
    measure(web, child, shop, rate=_RATES[0], seconds=1)
    return web, child, shop


def _rows(store: str, rate: int, runs: list[Latency]) -> list[Row]:
    """The budgets are of SQLite, which every first step has."""
    strict = rate == _BUDGET_RATE and store == servers.SQLITE
    name = f"{store}, {rate}/s"
    return [
        Row(f"{name}, p50", [run.whole.p50_ms for run in runs], most=_P50_MS if strict else None),
        Row(f"{name}, p99", [run.whole.p99_ms for run in runs], most=_P99_MS if strict else None),
        Row("  of it, request to 202, p50", [run.answered.p50_ms for run in runs]),
        Row("  202 to read by the drain, p50", [run.waited.p50_ms for run in runs]),
        Row("  read to committed, p50", [run.committed.p50_ms for run in runs]),
        Row("  CPU of the drain for each", [run.drain_cpu_us / 1000 for run in runs]),
    ]
