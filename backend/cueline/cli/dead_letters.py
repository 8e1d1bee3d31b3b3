"""`cueline dead-letters`: what could not be handled: see it, fix it, put it back."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.console import Console
from sqlalchemy import Connection

from cueline import crash
from cueline.cli.dead_letter_words import print_list, print_whole
from cueline.cli.stores import database, settings_for, streams
from cueline.clock import SystemClock
from cueline.deadletters import edit as editing
from cueline.deadletters import replay as replaying
from cueline.deadletters.letter import find, load_secrets, summary, whole
from cueline.errors import CuelineError
from cueline.store import dead_letters as rows
from cueline.store.session import reading

_ALL = "all"
_ID = click.IntRange(1, 2**63 - 1)


@click.group(name="dead-letters")
def dead_letters() -> None:
    """Events that could not be handled: see why, fix them, put them back."""


@dead_letters.command(name="list")
@click.option(
    "--state",
    default=rows.OPEN,
    show_default=True,
    type=click.Choice([*rows.STATES, _ALL]),
    help="Which: those that wait for you, or those that are done with.",
)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_(state: str, limit: int, as_json: bool) -> None:
    """List dead letters, newest first, without their payloads."""
    with database(settings_for()) as engine, reading(engine) as connection:
        letters = rows.page(connection, state=None if state == _ALL else state, limit=limit)
        found = [summary(letter, load_secrets(connection, letter)) for letter in letters]
    if as_json:
        for one in found:
            click.echo(json.dumps(one))
    elif found:
        print_list(Console(), found)
    else:
        click.echo("No dead letters." if state in (_ALL, rows.OPEN) else f"No {state} dead letters.")


@dead_letters.command()
@click.argument("letter_id", type=_ID)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def show(letter_id: int, as_json: bool) -> None:
    """Show one: its error, where it was, its event.

    Secret values are masked.
    """
    with database(settings_for()) as engine, reading(engine) as connection:
        found = _whole(connection, letter_id)
    _print(found, as_json)


@dead_letters.command()
@click.argument("letter_id", type=_ID)
@click.option("--type", "type_", metavar="TYPE", help="Another type of event.")
@click.option("--at", metavar="TIME", help="When it happened: ISO 8601, or milliseconds since 1970.")
@click.option("--user", metavar="ID", help="The shop's own id of the user.")
@click.option("--payload", metavar="JSON", help="Fields to put into the payload; null removes one, the rest stays.")
def edit(letter_id: int, type_: str | None, at: str | None, user: str | None, payload: str | None) -> None:
    """Fix one, with the checks of the doors.

    What is not named stays as it is. Who changed what stays with the letter.
    """
    change = editing.Change(type=type_, at=_time(at), user_ext_id=user, payload=_payload(payload))
    if change == editing.Change():
        raise click.UsageError("Nothing to change: give --type, --at, --user or --payload.")
    with database(settings_for()) as engine:
        editing.edit(engine, letter_id, change, by="cli", clock=SystemClock())
        with reading(engine) as connection:
            found = _whole(connection, letter_id)
    _print(found, as_json=False)


@dead_letters.command()
@click.argument("letter_ids", type=_ID, nargs=-1, metavar="LETTER_ID...")
@click.option("--all", "is_all", is_flag=True, help="All that are open.")
def replay(letter_ids: tuple[int, ...], is_all: bool) -> None:
    """Put dead letters back into their streams.

    Once the cause is mended. Each event counts once, however often it is replayed.
    """
    settings = settings_for()
    crash.arm(settings.crash_at)
    with database(settings) as engine, streams(settings) as redis:
        with reading(engine) as connection:
            wanted = _wanted(connection, letter_ids, is_all)
        for letter_id in wanted:
            replaying.replay(redis, engine, letter_id, settings=settings, clock=SystemClock())
            click.echo(f"Dead letter {letter_id} is back in its stream.")


@dead_letters.command()
@click.argument("letter_ids", type=_ID, nargs=-1, required=True, metavar="LETTER_ID...")
def discard(letter_ids: tuple[int, ...]) -> None:
    """Put dead letters away for good.

    They stay to be read: `list --state discarded`.
    """
    with database(settings_for()) as engine:
        for letter_id in letter_ids:
            replaying.discard(engine, letter_id, clock=SystemClock())
            click.echo(f"Dead letter {letter_id} is discarded.")


def _whole(connection: Connection, letter_id: int) -> dict[str, Any]:
    letter = find(connection, letter_id)
    return whole(letter, load_secrets(connection, letter))


def _print(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        print_whole(Console(), found)


def _wanted(connection: Connection, letter_ids: tuple[int, ...], is_all: bool) -> list[int]:
    """Oldest first: that is the order in which they came."""
    if bool(letter_ids) == is_all:
        raise click.UsageError("Give the ids of dead letters, or --all.")
    if letter_ids:
        return list(dict.fromkeys(letter_ids))
    count = rows.count_open(connection)
    return [letter.id for letter in reversed(rows.page(connection, state=rows.OPEN, limit=count))]


def _time(at: str | None) -> int | str | None:
    return int(at) if at is not None and at.isascii() and at.isdigit() else at


def _payload(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CuelineError(f"--payload is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise CuelineError("--payload must be a JSON object, such as '{\"amount\": 12}'.")
    return found
