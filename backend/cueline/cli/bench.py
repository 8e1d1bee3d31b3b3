"""`cueline bench`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cueline.benchmark import busy, place, usage
from cueline.benchmark.report import show
from cueline.benchmark.run import PARTS, RATES, Found, Wanted, run
from cueline.cli.stores import settings_for, streams
from cueline.config import Settings, is_cluster
from cueline.errors import CuelineError


@click.command()
@click.option(
    "--seconds", default=5.0, show_default=True, type=click.FloatRange(0.5, 60), help="Length of each measurement."
)
@click.option("--rate", type=click.IntRange(1, 5_000), help="Actions per second to try besides 25 and 200.")
@click.option("--only", type=click.Choice(PARTS), help="Measure one part.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option("--beside", is_flag=True, help="Measure even though events wait or workers run.")
@click.option("--clean", is_flag=True, help="Only remove what a killed benchmark left behind.")
def bench(seconds: float, rate: int | None, only: str | None, as_json: bool, beside: bool, clean: bool) -> None:
    """Measure what this machine, Redis and SQL carry.

    Runs a web server and a drain of its own on the Redis and SQL in force, in a place of its own: a database file
    beside yours or a schema `cueline_bench`, and an empty Redis database. Both are removed at the end. Your events,
    campaigns and queues are not touched.
    """
    settings = settings_for()
    if clean:
        _clean(settings)
        return
    _check(settings, beside=beside)
    rates = (*RATES, float(rate)) if rate else RATES
    with _ended_in_order():
        found = _measure(settings, Wanted(seconds, (only,) if only else PARTS, rates))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)))
    else:
        show(Console(highlight=False, markup=False), found)


def _clean(settings: Settings) -> None:
    removed = place.clean(settings)
    click.echo(f"Removed: {', '.join(removed)}." if removed else "Nothing was left behind.")


def _check(settings: Settings, *, beside: bool) -> None:
    """Raises CuelineError when a benchmark cannot be done here, or not without being asked for."""
    if not usage.is_known():
        raise CuelineError("`cueline bench` reads CPU times from /proc, which only Linux has.")
    if is_cluster(settings.streams_url()):
        raise CuelineError(
            "Redis Cluster has one database only, and that is in use. Point CUELINE_REDIS_URL at a single Redis on "
            "such a node: one partition lies on one node, so that is what the benchmark would measure."
        )
    with streams(settings) as redis:
        against = busy.reasons(redis, settings)
        if busy.lacks_room(redis):
            raise CuelineError("Redis is within 200 MB of its maxmemory: no place to measure. Give it more.")
    if against and not beside:
        raise CuelineError(
            f"There is {' and '.join(against)}: the benchmark would slow that down, and measure too little. "
            "Stop the workers first, or measure beside them with --beside."
        )


def _measure(settings: Settings, wanted: Wanted) -> Found:
    """With a bar on stderr where that is a terminal."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=wanted.steps, completed=-1)  # a step is told when it begins
        found = run(settings, wanted, step=lambda what: progress.update(task, description=what, advance=1))
        progress.update(task, completed=wanted.steps)
    return found


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """SIGTERM and a closed terminal end us as Ctrl-C does: what was made is removed first."""
    kept = {number: signal.signal(number, _interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
