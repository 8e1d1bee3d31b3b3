"""`cueline doctor`."""

from __future__ import annotations

import click
from redis.exceptions import RedisError
from rich.console import Console
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from cueline.cli import checks
from cueline.cli.checks import Check
from cueline.cli.failures import explanation
from cueline.cli.stores import database, settings_for, streams
from cueline.config import Settings
from cueline.errors import CuelineError

_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Check that everything runs, and say what to do if not.

    Looks at Redis, SQL, migrations, clock, drains, lag, dead letters, mail and the public address. The exit code is 1
    when something fails; warnings alone leave it 0.
    """
    found = examine(settings_for())
    _print(found)
    if any(check.level == "fail" for check in found):
        ctx.exit(1)


def examine(settings: Settings) -> list[Check]:
    return [
        *_redis_checks(settings),
        *_sql_checks(settings),
        checks.check_mail(settings),
        checks.check_public_url(settings),
    ]


def _redis_checks(settings: Settings) -> list[Check]:
    try:
        with streams(settings) as redis:
            return [
                *checks.check_redis(redis, settings),
                *checks.check_way(redis, settings),
                checks.check_clock(redis),
                checks.check_drains(redis, settings),
                checks.check_lag(redis, settings),
            ]
    except (CuelineError, RedisError) as error:
        return [_failure("Redis", error)]


def _sql_checks(settings: Settings) -> list[Check]:
    try:
        with database(settings) as engine:
            return checks.check_sql(engine, settings)
    except (CuelineError, SQLAlchemyError) as error:
        return [_failure("SQL", error)]


def _failure(name: str, error: Exception) -> Check:
    """The same sentence that any other command would end with."""
    return Check(name, "fail", explanation(error) or f"{type(error).__name__}: {error}")


def _print(found: list[Check]) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for check in found:
        console.print(Text.assemble((f"{check.level:<5}", _STYLES[check.level]), f" {check.name:<15} {check.found}"))
        if check.advice:
            console.print(Text(f"      {'':<15} → {check.advice}"))
