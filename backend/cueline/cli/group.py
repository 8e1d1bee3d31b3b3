"""A group that imports a command only when it is called, so that `cueline link decode` starts fast."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

from cueline.cli.failures import explained


class LazyGroup(click.Group):
    """`commands_table`: name -> ("module:attribute", short help). Help is printed from the table alone."""

    def __init__(self, *args: Any, commands_table: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands_table = commands_table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands_table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands_table:
            return None
        module, _, attribute = self.commands_table[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.commands_table.items()])

    def invoke(self, ctx: click.Context) -> Any:
        with explained():
            return super().invoke(ctx)
