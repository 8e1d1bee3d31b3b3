"""`cueline workspace`: show what is in force for the workspace, change it, renew its secrets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click
from sqlalchemy import Connection, Engine

from cueline.cli.duration import Duration
from cueline.cli.keys import publish
from cueline.cli.stores import database, settings_for, the_workspace
from cueline.cli.workspace_options import DEFAULT, Rate, TimeZone, origin_list, rates_with
from cueline.cli.workspace_words import as_dict, differences, lines
from cueline.config import Settings
from cueline.store import workspaces
from cueline.store.session import reading, writing
from cueline.store.workspaces import Workspace, newest_kid


@click.group()
def workspace() -> None:
    """Origins, identity, limits and secrets of the workspace."""


@workspace.command()
@click.option("--secrets", is_flag=True, help="Show the identity secret and the link secrets too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(secrets: bool, as_json: bool) -> None:
    """Show what is in force for the workspace."""
    settings = settings_for()
    with database(settings) as engine, reading(engine) as connection:
        found = the_workspace(connection)
    if as_json:
        click.echo(json.dumps(as_dict(found, secrets=secrets), indent=2, ensure_ascii=False))
        return
    for name, value in lines(found, settings, secrets=secrets):
        click.echo(f"{name:<16} {value}")


@workspace.command(name="set")
@click.option(
    "--origin",
    "origins",
    multiple=True,
    metavar="URL",
    help="A site whose pages may report, exactly as browsers send it; may be repeated. Replaces those there were.",
)
@click.option("--any-origin", is_flag=True, help="Pages of every site may report.")
@click.option(
    "--identity",
    "identity_mode",
    type=click.Choice(workspaces.MODES),
    help="What a missing or bad user hash means (docs/running.md).",
)
@click.option("--hold", "hold_ms", type=Duration(), help="How long events wait for a login, such as 30m.")
@click.option("--timezone", type=TimeZone(), help="Such as Europe/Rome.")
@click.option("--rate-key", type=Rate(), help=f"Events per second for each key; `{DEFAULT}`: the setting's.")
@click.option("--rate-address", type=Rate(), help="Events per second for each network address.")
@click.option("--rate-visitor", type=Rate(), help="Events per second for each visitor.")
def set_(origins: tuple[str, ...], any_origin: bool, **options: Any) -> None:
    """Change what is in force, and say what has changed.

    The doors and the drains follow within seconds; nothing has to be restarted.
    """
    given = {name: value for name, value in options.items() if value is not None}
    wanted = origin_list(origins, any_origin=any_origin)
    if wanted is not None:
        given["origins"] = wanted
    if not given:
        raise click.UsageError("Nothing to set: give at least one option. `cueline workspace show` shows what is.")
    _set(settings_for(), given)


def _set(settings: Settings, given: dict[str, Any]) -> None:
    def change(connection: Connection, before: Workspace) -> Workspace:
        new = rates_with(before.rates, given)
        if all(getattr(before, name) == value for name, value in new.items()):
            return before
        return workspaces.change(connection, before.id, **new)

    with database(settings) as engine:
        before, after = _change(engine, change)
        told = differences(before, after, settings)
        click.echo("\n".join(told) if told else "Nothing to change: it is so already.")
        if told:
            publish(settings, engine)


@workspace.group()
def rotate() -> None:
    """Make a new secret and print it."""


@rotate.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def identity(yes: bool) -> None:
    """Make a new identity secret: every user hash that was made with the old one is bad at once."""
    settings = settings_for()
    with database(settings) as engine:
        mode = _found(engine).identity_mode
        click.echo(f"Every user hash in your pages is bad at once. Identity is `{mode}`: {_AFTER[mode]}", err=True)
        if not yes:
            click.confirm("Make a new identity secret?", abort=True, err=True)
        _, after = _change(engine, lambda connection, before: workspaces.rotate_identity(connection, before.id))
        click.echo(after.identity_secret)
        publish(settings, engine)


_AFTER = {
    "off": "nothing looks at it.",
    "warn": "it is counted, and users stay who they say they are.",
    "enforce": "users count as unknown until a page brings a new hash. `cueline workspace set --identity warn` before, "
    "and `enforce` again afterwards, spares them that.",
}


@rotate.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def link(yes: bool) -> None:
    """Make a new link secret to sign with; links of the one before it stay good.

    Two are kept. Asks before a third pushes the oldest out, for links signed with that one are refused then.
    """
    settings = settings_for()
    with database(settings) as engine:
        if (lost := _pushed_out(_found(engine))) and not yes:
            click.confirm(f"Links signed with {lost} will be refused. Go on?", abort=True, err=True)
        _, after = _change(engine, lambda connection, before: workspaces.rotate_link(connection, before.id))
        click.echo(after.link_secrets[newest_kid(after.link_secrets)])
        click.echo(_link_words(after), err=True)
        publish(settings, engine)


def _pushed_out(found: Workspace) -> str:
    newest = newest_kid(found.link_secrets)
    return " and ".join(f"kid {kid}" for kid in sorted(found.link_secrets) if kid != newest)


def _link_words(after: Workspace) -> str:
    newest = newest_kid(after.link_secrets)
    (old,) = set(after.link_secrets) - {newest}
    return f"Sign with this one and the kid {newest} from now on. Links of kid {old} stay good until the next rotation."


def _found(engine: Engine) -> Workspace:
    with reading(engine) as connection:
        return the_workspace(connection)


def _change(engine: Engine, change: Callable[[Connection, Workspace], Workspace]) -> tuple[Workspace, Workspace]:
    """The workspace before and after, in one transaction that no other change comes between."""
    with writing(engine) as connection:
        before = workspaces.held_still(connection, the_workspace(connection).id)
        return before, change(connection, before)
