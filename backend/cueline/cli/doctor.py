"""`cueline doctor`."""

from __future__ import annotations

import textwrap

import click
from rich.console import Console
from rich.text import Text

from cueline.checks.check import FAIL, OK, WARN, Check, Site
from cueline.checks.examination import DOCTOR_S, Examiner
from cueline.cli.stores import database, queues, settings_for, streams
from cueline.clock import SystemClock
from cueline.config import Settings
from cueline.store.session import WEB

_STYLES = {"ok": "green", "note": "cyan", "warn": "yellow", "fail": "bold red"}
_INDENT = 21


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Check that everything runs, and say what to do if not.

    Looks at Redis, RQ's Redis, SQL, migrations, clock, workers, what waits, dead letters, clocks of other hosts, disk,
    mail and the public address. The exit code is 1 when something fails; warnings and notes alone leave it 0.
    """
    found = examine(settings_for())
    _print(Console(highlight=False), found)
    if any(check.level == FAIL for check in found):
        ctx.exit(1)


def examine(settings: Settings) -> list[Check]:
    site = Site(
        settings,
        SystemClock(),
        redis=lambda: streams(settings),
        queues=lambda: queues(settings),
        engine=lambda: database(settings, patience=WEB),
    )
    return Examiner(site, within_s=DOCTOR_S).all()


def _print(console: Console, found: list[Check]) -> None:
    for check in found:
        first, *more = _lines(console, check.found + (f" ({check.where})" if check.where else ""))
        console.print(
            Text.assemble((f"{check.level:<5}", _STYLES[check.level]), f" {check.name:<14} {first}"), soft_wrap=True
        )
        if check.advice and check.level != OK:
            more += _lines(console, f"→ {check.advice}")
        for line in more:
            console.print(Text(" " * _INDENT + line), soft_wrap=True)
    console.print(_sum(found))


def _lines(console: Console, words: str) -> list[str]:
    """In its own column on a terminal; elsewhere on one line, for programs."""
    if not console.is_terminal:
        return [words]
    return textwrap.wrap(words, max(30, console.width - _INDENT)) or [""]


def _sum(found: list[Check]) -> Text:
    fails, warns = (sum(check.level == level for check in found) for level in (FAIL, WARN))
    if not fails and not warns:
        return Text("Everything is well.", style="green")
    parts = [f"{count} {word}" for count, word in ((fails, "to mend"), (warns, "to look at")) if count]
    return Text(", ".join(parts) + ".", style=_STYLES[FAIL if fails else WARN])
