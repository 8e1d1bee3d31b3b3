"""`cueline apply` and `cueline export`: campaigns as code."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.text import Text
from sqlalchemy import Engine

from cueline.campaigns import text as document_text
from cueline.campaigns.diff import UNCHANGED, Change
from cueline.campaigns.spec import Document
from cueline.cli.stores import database, settings_for, the_workspace
from cueline.clock import SystemClock
from cueline.deliveries import templates
from cueline.errors import CuelineError, Problem
from cueline.problems import ERROR, has_errors
from cueline.publishing import apply as publishing
from cueline.publishing.apply import Plan
from cueline.publishing.export import export as exported
from cueline.store.session import reading, writing

_STYLES: Final = {"+": "green", "-": "red", "@": "cyan"}
_FORMATS: Final = {".json": document_text.JSON, ".yaml": document_text.YAML, ".yml": document_text.YAML}


@click.command()
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--yes", is_flag=True, help="Apply without asking.")
def apply(file: str, yes: bool) -> None:
    """Load campaigns, templates and actions from FILE (YAML or JSON; - is stdin).

    Shows what would change and asks. What FILE does not name is left as it is. Campaigns are published at once,
    unless they say `state: draft`. Exit code 1 when FILE has an error; nothing is changed then.
    """
    if file == "-" and not yes:
        raise click.UsageError("With the document on stdin nobody can answer the question: add --yes.")
    document = _read(file)
    with database(settings_for()) as engine:
        shown = _plan(engine, document)
        _show(shown)
        if shown.changes_anything and (yes or click.confirm("Apply these changes?", abort=True)):
            _apply(engine, document, shown=shown)


def _read(file: str) -> Document:
    try:
        source = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file} cannot be read: {error}") from None
    parsed = document_text.read(source, format=_FORMATS.get(Path(file).suffix.lower()))
    _report(parsed.problems)
    return parsed.document


def _plan(engine: Engine, document: Document) -> Plan:
    with reading(engine) as connection:
        workspace = the_workspace(connection)
        found = publishing.plan(connection, workspace.id, document, template_problems=templates.problems)
    _report(found.problems)
    return found


def _apply(engine: Engine, document: Document, *, shown: Plan) -> None:
    """Only what was shown: when somebody else was quicker, nothing."""
    with writing(engine) as connection:
        workspace = the_workspace(connection)
        done = publishing.apply(
            connection,
            workspace.id,
            document,
            now_ms=SystemClock().now_ms(),
            template_problems=templates.problems,
        )
        if done.changes != shown.changes:
            raise CuelineError("The campaigns changed in the meantime, nothing was applied. Run it again.")
    click.echo("Applied.")


def _report(problems: Iterable[Problem]) -> None:
    """Prints problems on stderr; errors end the command."""
    found = tuple(problems)
    console = Console(stderr=True, soft_wrap=True)
    for problem in found:
        console.print(_line(problem))
    if has_errors(found):
        count = sum(problem.level == ERROR for problem in found)
        console.print(Text(f"{count} error{'s' if count > 1 else ''}: nothing was changed.", style="bold"))
        sys.exit(1)


def _line(problem: Problem) -> Text:
    """`error campaigns[0].where.op: There is no such operator. (found "eqals"; allowed: equals, …)`"""
    line = Text(problem.level, style="bold red" if problem.level == ERROR else "bold yellow")
    line.append(f" {problem.path}: " if problem.path else " ", style="bold")
    line.append(problem.message)
    details = [] if problem.value is None else [f"found {problem.value!r}"]
    if problem.allowed:
        details.append(f"allowed: {', '.join(problem.allowed)}")
    return line.append(f" ({'; '.join(details)})" if details else "", style="dim")


def _show(plan: Plan) -> None:
    console = Console(soft_wrap=True)
    for change in plan.changes:
        if change.what != UNCHANGED:
            _show_change(console, change)
    same = sum(change.what == UNCHANGED for change in plan.changes)
    if same:
        console.print(Text(f"{same} unchanged", style="dim"))
    if not plan.changes_anything:
        console.print(Text("Nothing to change."))


def _show_change(console: Console, change: Change) -> None:
    console.print(Text(f"{change.kind} {change.key}: {change.what}", style="bold"))
    for line in change.lines.splitlines():
        console.print(Text(f"  {line}", style=_STYLES.get(line[:1], "")))


@click.command()
def export() -> None:
    """Print the workspace's actions, templates and campaigns as YAML: what `apply` would load."""
    with database(settings_for()) as engine, reading(engine) as connection:
        document = exported(connection, the_workspace(connection).id)
    click.echo(document_text.to_yaml(document), nl=False)
