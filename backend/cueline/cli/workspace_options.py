"""What the options of `cueline workspace set` take, and the columns they become."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from typing import Any, Final

import click

from cueline.errors import CuelineError
from cueline.intake.origins import ANY, require_origin
from cueline.problems import suggestion

DEFAULT: Final = "default"
RATES: Final = ("key", "address", "visitor")
MAX_RATE: Final = 10**9


class TimeZone(click.ParamType[str]):
    """A name of the time zone database."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        known = zoneinfo.available_timezones()
        if value not in known:
            self.fail(f"There is no time zone {value!r}; one is Europe/Rome.{suggestion(value, known)}", param, ctx)
        return str(value)


class Rate(click.ParamType[int | str]):
    """Events per second, or the word that takes the workspace's own rate away."""

    name = "n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        if value == DEFAULT:
            return DEFAULT
        if not (value.isascii() and value.isdigit() and 1 <= int(value[:12]) <= MAX_RATE):
            self.fail(f"{value!r} is no number from 1 to {MAX_RATE}, and not `{DEFAULT}`.", param, ctx)
        return int(value)


def origin_list(origins: tuple[str, ...], *, any_origin: bool) -> list[str] | None:
    """None when nothing was said."""
    if any_origin and origins:
        raise click.UsageError("Either --origin or --any-origin.")
    if any_origin:
        return [ANY]
    return [_origin(text) for text in dict.fromkeys(origins)] or None


def _origin(text: str) -> str:
    if text == ANY:
        raise click.BadParameter("For pages of every site there is --any-origin.", param_hint="--origin")
    try:
        return require_origin(text)
    except CuelineError as error:
        raise click.BadParameter(error.message, param_hint="--origin") from error


def rates_with(rates: Mapping[str, int] | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns to write: `rate_key` and its like go into the one column `rates`."""
    named = {kind: given[f"rate_{kind}"] for kind in RATES if f"rate_{kind}" in given}
    columns = {name: value for name, value in given.items() if not name.startswith("rate_")}
    if not named:
        return columns
    merged = {**(rates or {}), **named}
    return columns | {"rates": {kind: rate for kind, rate in merged.items() if rate != DEFAULT} or None}
