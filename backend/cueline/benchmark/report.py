"""What was found, for people: tables that fit 80 columns, and the sizing in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cueline.benchmark.measured import Times
from cueline.benchmark.run import Found
from cueline.benchmark.verdict import CPU, PARTITIONS, REDIS, SQLITE, Carried, carried, costs, rounded, taken_in

_SYNC_MS: Final = 10.0
_MEANS: Final = {
    SQLITE: "SQLite, which lets one process write at a time: on PostgreSQL more drains do more.",
    REDIS: "Redis, which works in one thread: batches cost it less.",
    PARTITIONS: "the number of partitions, as each has one drain: raise CUELINE_PARTITIONS.",
}


def show(console: Console, found: Found) -> None:
    for part in _parts(found):
        console.print(part)
        console.print()


def _parts(found: Found) -> Iterator[RenderableType]:
    yield _titled("Redis and SQL", _stores(found))
    if found.collected:
        yield _titled("Collecting, through one `cueline web`", _collected(found))
    if found.drained:
        yield _titled("Draining, by one drain process", _drained(found))
    if found.latency:
        yield _titled("From an action's request to its effect being committed", _latency(found))
    if found.collected and found.drained:
        limit = f"{_first_limit(found)} Plan for half of these figures: other things run too, and a day has a peak."
        yield _titled("What that carries", _sizing(found), Text(), Text(limit), Text(), Text(_burst(found)))
    if remarks := list(_remarks(found)):
        yield _titled("Besides", *(Text(line) for line in remarks))


def _titled(title: str, *parts: RenderableType) -> Group:
    return Group(Text(title, style="bold"), *(Padding(part, (0, 0, 0, 2)) for part in parts))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=not number)
    return table


def _stores(found: Found) -> Table:
    stores = found.stores
    table = _table("", "p50", "p99", "")
    rows = (
        ("a question to Redis and back", stores.redis, f"appendfsync {stores.redis_on_disk}"),
        (f"a question to {stores.sql_kind}", stores.sql, ""),
        ("a commit of one row", stores.commit, "with its fsync"),
    )
    for name, took, remark in rows:
        table.add_row(name, *_ms(took), remark)
    return table


def _collected(found: Found) -> Table:
    table = _table("a request has", "events/s", "requests/s", "CPU of web", "CPU of Redis")
    for one in found.collected:
        table.add_row(
            "1 event" if one.batch == 1 else f"{one.batch} events",
            f"{one.per_s:,.0f}",
            f"{one.per_s / one.batch:,.0f}",
            f"{one.web_us:.1f} µs/event",
            f"{one.redis_us:.1f} µs/event",
        )
    return table


def _drained(found: Found) -> Table:
    table = _table("campaigns", "events/s", "CPU of the drain", "a core would do")
    for one in found.drained:
        per_core = f"{rounded(1e6 / one.cpu_us):,} events/s"
        table.add_row(f"{one.campaigns:,}", f"{one.per_s:,.0f}", f"{one.cpu_us:.0f} µs/event", per_core)
    return table


def _latency(found: Found) -> Table:
    table = _table("actions/s", "p50", "p99", "until 202", "until read", "until committed")
    for one in found.latency:
        parts = (f"{part.p50_ms:.1f} ms" for part in (one.answered, one.waited, one.committed))
        table.add_row(f"{one.rate:.0f}", *_ms(one.whole), *parts)
    return table


def _ms(took: Times) -> tuple[str, str]:
    digits = 2 if took.p50_ms < 1 else 1
    return f"{took.p50_ms:.{digits}f} ms", f"{took.p99_ms:.{digits}f} ms"


def _sizing(found: Found) -> Table:
    table = _table(
        "", *("one by one" if one.batch == 1 else f"batches of {one.batch}" for one in found.collected), "first limit"
    )
    for cores in _sizes(found):
        each = _carried(found, cores)
        limits = " / ".join(dict.fromkeys(one.limit for one in each))
        name = f"{cores} core{'s' if cores > 1 else ''}{' (here)' if cores == found.cores else ''}"
        table.add_row(name, *(f"{rounded(one.per_s):,} events/s" for one in each), limits)
    return table


def _sizes(found: Found) -> Iterator[int]:
    """This machine and larger ones, as long as more cores would help."""
    for cores in (found.cores, *(size for size in (4, 8, 16) if size > found.cores)):
        yield cores
        if all(one.limit != CPU for one in _carried(found, cores)):
            return


def _carried(found: Found, cores: int) -> list[Carried]:
    """For each size of request; with the most campaigns that were tried."""
    is_sqlite = found.stores.sql_kind == "SQLite"
    costed = [costs(one, found.drained[-1]) for one in found.collected]
    return [carried(one, cores=cores, is_sqlite=is_sqlite, partitions=found.partitions) for one in costed]


def _first_limit(found: Found) -> str:
    one = _carried(found, found.cores)[0]
    if one.limit in _MEANS:
        return f"The first limit is {_MEANS[one.limit]}"
    cost = costs(found.collected[0], found.drained[-1])
    shares = f"web {cost.web_us:.0f}, Redis {cost.redis_us:.0f}, drain {cost.drain_us:.0f} µs"
    server = "" if found.stores.sql_kind == "SQLite" else ", and PostgreSQL's own comes on top"
    return f"The first limit is CPU: an event reported alone takes {shares}{server}."


def _burst(found: Found) -> str:
    taken = (
        f"{rounded(taken_in(costs(one, found.drained[-1]), cores=found.cores)):,} events/s "
        + ("one by one" if one.batch == 1 else f"in batches of {one.batch}")
        for one in found.collected
    )
    said = " or ".join(taken)
    return f"A burst, which is only taken in and drained later: about {said}, with a web worker for each core."


def _remarks(found: Found) -> Iterator[str]:
    if found.memory.web_mb or found.memory.drain_mb:
        each = (("web", found.memory.web_mb), ("the drain", found.memory.drain_mb))
        yield "Memory: " + ", ".join(f"{name} {mb:.0f} MB" for name, mb in each if mb is not None) + "."
    if found.stores.commit.p50_ms > _SYNC_MS:
        yield (
            f"A commit takes {found.stores.commit.p50_ms:.0f} ms, so no effect is sooner. "
            "A disk that syncs faster (or a server nearer by) is the first thing to change."
        )
    if found.stores.redis_on_disk == "off":
        yield "Redis' append-only file is off: with it, collecting costs a little more (docs/operations.md)."
    if any(one.refused for one in found.collected):
        yield f"Some requests were refused, by status: {[one.refused for one in found.collected if one.refused]}."
    slow = [one for one in found.latency if one.rate < 0.9 * one.wanted_rate]
    yield from (f"{one.wanted_rate:g} actions/s were asked for; {one.rate:.0f}/s it came to." for one in slow)
