"""docs/deep-links.md is true: its examples give what it says, and it names every code."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from cueline.cli.link import link as link_commands
from cueline.deeplinks import Parsed, parse, verify
from tests.deeplinks.vectors import cases

DOCUMENT = (Path(__file__).parents[2] / "docs" / "deep-links.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)


def _commands() -> list[tuple[str, str]]:
    return re.findall(r"^\$ (cueline link .*)\n(.*)$", "".join(_blocks("console")), re.MULTILINE)


@pytest.mark.parametrize(("command", "output"), _commands())
def test_a_command_prints_what_the_document_shows(command: str, output: str) -> None:
    result = CliRunner().invoke(link_commands, shlex.split(command)[2:])
    assert result.stdout == output + "\n"


def test_every_line_of_a_console_example_is_tested() -> None:
    lines = [line for block in _blocks("console") for line in block.splitlines()]
    assert len(lines) == 2 * len(_commands()) > 20


@pytest.mark.parametrize("block", _blocks("python"))
def test_a_python_example_runs(block: str) -> None:
    exec(compile(block, "docs/deep-links.md", "exec"), {})


@pytest.mark.node
def test_the_link_that_the_node_example_signs_is_good() -> None:
    (block,) = _blocks("js")
    command = ["node", "--input-type=module", "--eval", block]
    printed = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout
    parsed = parse(printed)
    assert isinstance(parsed, Parsed)
    verdict = verify(parsed, workspace_id=1, secrets={"a": "change me"}, received_ms=0)
    assert (verdict.state, verdict.nonce) == ("good", "mail-7")
    assert verdict.params == {"action": "BONUS", "note": "it's (yours)!"}


def test_every_error_code_is_documented() -> None:
    codes = {case["expect"]["error"] for case in cases("links") if "error" in case["expect"]}
    assert len(codes) == 10
    codes |= {"bad_signature", "unknown_kid", "link_expired"}
    assert [code for code in sorted(codes) if f"`{code}`" not in DOCUMENT] == []
