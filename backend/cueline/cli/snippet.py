"""`cueline snippet`: the script tag to paste."""

from __future__ import annotations

import click
from sqlalchemy import Connection

from cueline.cli.stores import database, settings_for, the_workspace
from cueline.errors import NotFound
from cueline.snippet import tag
from cueline.store import keys
from cueline.store.session import reading


@click.command()
def snippet() -> None:
    """Print the script tag to paste into your pages.

    The tag alone goes to stdout. The write key is read from the SQL database, the address is CUELINE_PUBLIC_URL or
    the one that `cueline up` last ran on.
    """
    settings = settings_for()
    with database(settings) as engine, reading(engine) as connection:
        key = _write_key(connection)
    click.echo(tag(settings.address(), key))


def _write_key(connection: Connection) -> str:
    key = keys.oldest_write_key(connection, the_workspace(connection).id)
    if key is None:
        raise NotFound("There is no write key that is not revoked. `cueline keys create write` makes one.")
    return key
