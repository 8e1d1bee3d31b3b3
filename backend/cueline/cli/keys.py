"""`cueline keys`: make, list and revoke keys."""

from __future__ import annotations

from typing import cast

import click
from sqlalchemy import Engine

from cueline.api.auth import ALL, SCOPES
from cueline.cli.stores import database, settings_for, streams, the_workspace
from cueline.clock import SystemClock, to_iso
from cueline.config import Settings
from cueline.errors import ConfigError, Unavailable
from cueline.intake.access import mirror
from cueline.store import keys as stored
from cueline.store.keys import KeyRow, Kind
from cueline.store.session import reading, writing


@click.group()
def keys() -> None:
    """Write keys (wk_…) for pages, secret keys (sk_…) for servers."""


@keys.command()
@click.argument("kind", type=click.Choice([stored.WRITE, stored.SECRET]))
@click.option("--name", default="", help="What it is for, such as the server that gets it.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="What a secret key may do; may be repeated. Default: *, everything.",
)
def create(kind: str, name: str, scopes: tuple[str, ...]) -> None:
    """Make a key and print it.

    A secret key is shown this once: only its hash is stored.
    """
    if kind == stored.WRITE and scopes:
        raise click.UsageError("A write key only reports events from pages: --scope is for secret keys.")
    settings = settings_for()
    with database(settings) as engine:
        with writing(engine) as connection:
            workspace = the_workspace(connection)
            row, plain = stored.create(
                connection,
                workspace.id,
                kind=cast(Kind, kind),
                name=name,
                now_ms=SystemClock().now_ms(),
                scopes=tuple(dict.fromkeys(scopes)) or (ALL,),
            )
        click.echo(plain)
        if kind == stored.SECRET:
            click.echo(f"Key {row.id}. Keep it now: it is not shown again.", err=True)
        publish(settings, engine)


@keys.command(name="list")
def list_keys() -> None:
    """List the keys, revoked ones too."""
    with database(settings_for()) as engine, reading(engine) as connection:
        rows = stored.list_(connection, the_workspace(connection).id)
    for row in rows:
        state = "active" if row.revoked_ms is None else f"revoked {to_iso(row.revoked_ms)}"
        click.echo("\t".join((str(row.id), row.kind, row.shown, state, row.name, _scopes(row))).rstrip())


def _scopes(row: KeyRow) -> str:
    """Only of keys that may not do everything that their kind may."""
    return "" if ALL in row.scopes else ", ".join(row.scopes)


@keys.command()
@click.argument("id", type=int)
def revoke(id: int) -> None:
    """Revoke the key with this number, for good. `cueline keys list` shows the numbers."""
    settings = settings_for()
    with database(settings) as engine:
        with writing(engine) as connection:
            row = stored.revoke(connection, id, now_ms=SystemClock().now_ms())
        click.echo(f"Key {row.id} ({row.shown}) is revoked.")
        publish(settings, engine)


def publish(settings: Settings, engine: Engine) -> None:
    """Tells the doors now; without Redis the clock tells them once it is back."""
    try:
        with streams(settings) as redis, reading(engine) as connection:
            mirror(redis, connection)
    except (ConfigError, Unavailable):
        click.echo("Redis does not answer: the doors learn of this within 10 s of the clock reaching it.", err=True)
