"""`cueline actions`: the action registry from the shell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
from sqlalchemy import Connection

from cueline.campaigns import spec
from cueline.campaigns.document import parse
from cueline.cli.stores import database, settings_for, the_workspace
from cueline.clock import SystemClock, to_iso
from cueline.errors import DocumentError
from cueline.events import SOURCES
from cueline.problems import has_errors
from cueline.publishing.registry import add_action
from cueline.store import actions as stored
from cueline.store.actions import Action
from cueline.store.session import reading, writing

_PAGE = 500


@click.group()
def actions() -> None:
    """The action registry: every client action seen or added by hand."""


@actions.command(name="list")
def list_actions() -> None:
    """List the actions: name, count, when last seen, who may send them, payload fields and types."""
    with database(settings_for()) as engine, reading(engine) as connection:
        for action in _all(connection, the_workspace(connection).id):
            click.echo("\t".join(_columns(action)))


def _all(connection: Connection, workspace_id: int) -> Iterator[Action]:
    page = stored.page(connection, workspace_id, limit=_PAGE)
    while page:
        yield from page
        page = stored.page(connection, workspace_id, limit=_PAGE, after=page[-1].name)


def _columns(action: Action) -> tuple[str, ...]:
    fields = ", ".join(f"{path}: {'|'.join(types)}" for path, types in sorted(action.fields.items()))
    sources = "any source" if action.sources is None else ", ".join(action.sources)
    seen = to_iso(action.last_seen_ms) or "never seen"
    return (action.name, str(action.count), seen, sources, fields or "–")


@actions.command()
@click.argument("name")
@click.option("--source", "sources", multiple=True, type=click.Choice(SOURCES), help="Only these may send it.")
@click.option("--secret", multiple=True, metavar="PATH", help="A payload path that is masked wherever it is shown.")
def add(name: str, sources: tuple[str, ...], secret: tuple[str, ...]) -> None:
    """Add an action by hand, or change who may send a known one.

    What is left out stays as it is, for a known action.
    """
    said: dict[str, Any] = {"name": name}
    if sources:
        said["sources"] = list(sources)
    if secret:
        said["secret"] = list(secret)
    with database(settings_for()) as engine, writing(engine) as connection:
        workspace = the_workspace(connection)
        action = _checked({**_known(connection, workspace.id, name), **said})
        change = add_action(connection, workspace.id, action, now_ms=SystemClock().now_ms())
    click.echo(f"Action {name}: {change.what}.")


def _known(connection: Connection, workspace_id: int, name: str) -> dict[str, Any]:
    """What was said of it before: what the command line leaves out stays."""
    known = stored.by_name(connection, workspace_id, name)
    if known is None:
        return {}
    kept = {"sources": known.sources, "secret": known.secret, "description": known.description}
    return {field: value for field, value in kept.items() if value}


def _checked(action: dict[str, Any]) -> spec.Action:
    parsed = parse({"actions": [action]})
    if has_errors(parsed.problems):
        raise DocumentError(list(parsed.problems))
    return parsed.document.actions[0]
