"""`cueline config`: what is in force and where it came from."""

from __future__ import annotations

import dataclasses
import json

import click

from cueline.config import Setting, explain


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of a table.")
def config(as_json: bool) -> None:
    """Show every setting, its value and where it came from.

    Secrets are masked. A setting comes from the environment, from the file `.env` in the working directory, or is
    the default.
    """
    settings = explain()
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(setting) for setting in settings], indent=2, ensure_ascii=False))
        return
    _print_table(settings)


def _print_table(settings: list[Setting]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Variable", "Value", "From", "What it sets", box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    for row in settings:
        style = "bold" if row.origin != "default" else None
        table.add_row(row.variable, row.value or "–", row.origin, row.doc, style=style)
    Console(highlight=False, markup=False).print(table)
