"""`cueline db upgrade`."""

from __future__ import annotations

import click

from cueline.cli.bootstrap import Bootstrapped, ensure_workspace
from cueline.cli.stores import database, settings_for
from cueline.clock import SystemClock
from cueline.store.migrate import upgrade, wanted_revision
from cueline.store.session import writing


@click.group()
def db() -> None:
    """The SQL database."""


@db.command(name="upgrade")
def upgrade_tables() -> None:
    """Bring the tables to this release, and make the first workspace where there is none.

    Safe to repeat and to run from several hosts at once.
    """
    settings = settings_for()
    if not settings.database_url:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with database(settings) as engine:
        upgrade(engine)
        click.echo(f"The tables are those of this release ({wanted_revision()}).")
        with writing(engine) as connection:
            made = ensure_workspace(connection, settings, now_ms=SystemClock().now_ms())
    if made.is_first:
        _print_first(made, is_preset=bool(settings.bootstrap_secret_key))


def _print_first(made: Bootstrapped, *, is_preset: bool) -> None:
    click.echo(f"Made the first workspace, `{made.workspace.name}`: any origin (*) may send, identity is off.")
    click.echo(f"Write key:  {made.write_key}")
    # A preset key is known to whoever set it, and this may go to a log.
    click.echo("Secret key: as preset" if is_preset else f"Secret key: {made.secret_key} (not shown again)")
