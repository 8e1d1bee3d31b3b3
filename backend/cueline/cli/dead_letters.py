"""`cueline dead-letters`: what could not be handled, and putting it back."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from cueline.cli.stores import database, settings_for, streams
from cueline.clock import SystemClock, to_iso
from cueline.drain.poison import replay as put_back
from cueline.drain.poison import summary
from cueline.store import dead_letters as rows
from cueline.store.session import reading


@click.group(name="dead-letters")
def dead_letters() -> None:
    """Events that the engine could not handle, with their errors."""


@dead_letters.command(name="list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_(limit: int, as_json: bool) -> None:
    """List dead letters, newest first. Payloads are not shown: they may hold secrets."""
    settings = settings_for()
    with database(settings) as engine, reading(engine) as connection:
        found = [summary(letter) for letter in rows.page(connection, limit=limit)]
    if as_json:
        for one in found:
            click.echo(json.dumps(one))
    elif found:
        Console().print(_table(found))
    else:
        click.echo("No dead letters.")


@dead_letters.command()
@click.argument("letter_id", type=click.IntRange(1, 2**63 - 1))
def replay(letter_id: int) -> None:
    """Put the dead letter LETTER_ID back into its stream, once its cause is mended."""
    settings = settings_for()
    with database(settings) as engine, streams(settings) as redis:
        put_back(redis, engine, letter_id, settings=settings, clock=SystemClock())
    click.echo(f"Dead letter {letter_id} is back in its stream.")


def _table(found: list[dict[str, object]]) -> Table:
    table = Table()
    for heading in ("id", "when", "event", "who", "error", "replayed"):
        table.add_column(heading, overflow="fold")
    for one in found:
        table.add_row(
            str(one["id"]),
            to_iso(_ms(one["at_ms"])),
            str(one["action"] or one["type"] or "?"),
            str(one["user_ext_id"] or one["visitor_id"] or ""),
            str(one["error"]),
            to_iso(_ms(one["replayed_ms"])) or "",
        )
    return table


def _ms(value: object) -> int | None:
    return value if isinstance(value, int) else None
