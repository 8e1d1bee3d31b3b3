"""A duration on the command line, as in campaigns: `30m`, `2h`."""

from __future__ import annotations

from typing import Any

import click

from cueline import durations
from cueline.errors import Problem


class Duration(click.ParamType[int]):
    """Becomes milliseconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        problems: list[Problem] = []
        ms = durations.parse(value, at="", problems=problems)
        if ms is None:
            self.fail(f"{value!r}: {problems[0].message} Such as 30m, 2h or 7d.", param, ctx)
        return ms


def in_words(ms: int) -> str:
    """As it is given; what is no whole number of seconds was written by hand."""
    return durations.to_text(ms) if ms > 0 and ms % 1000 == 0 else f"{ms} ms"
