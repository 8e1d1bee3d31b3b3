"""docs/cli.md has every command with its options and an example, and none that is gone."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cueline.api.auth import SCOPES
from cueline.cli import main

DOCUMENT = (Path(__file__).parents[2] / "docs/cli.md").read_text()
SECTION = re.compile(r"^### `cueline ([\w -]+)`\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
SECTIONS = dict(SECTION.findall(DOCUMENT))


def commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


def options(command: click.Command) -> list[click.Option]:
    return [param for param in command.params if isinstance(param, click.Option)]


COMMANDS = dict(commands(main))


def test_every_command_has_a_section_and_every_section_a_command() -> None:
    assert sorted(SECTIONS) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_row_and_every_row_an_option(name: str) -> None:
    rows = re.findall(r"^\| `(--[\w-]+)` \|", SECTIONS[name], re.MULTILINE)
    assert sorted(rows) == sorted(option.opts[0] for option in options(COMMANDS[name]))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_is_one_that_the_command_takes(name: str) -> None:
    example = re.search(r"^```sh\ncueline (.+)\n```$", SECTIONS[name], re.MULTILINE)
    assert example is not None, "an example of one line"
    arguments = shlex.split(example[1].partition(" > ")[0])
    depth = len(name.split())
    assert arguments[:depth] == name.split()
    # Reads the arguments and calls nothing.
    COMMANDS[name].make_context(name, arguments[depth:])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert [option.opts[0] for option in options(command) if not option.help] == []


def test_each_scope_that_a_key_can_have_is_named() -> None:
    assert [scope for scope in SCOPES if f"`{scope}`" not in SECTIONS["keys create"]] == []
