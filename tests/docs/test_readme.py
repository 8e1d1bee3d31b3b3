"""What a reader copies out of README.md and docs/ exists: campaigns, commands, settings, snippet calls, the event."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex

import pytest

from cueline.campaigns import text
from cueline.campaigns.checks import Known, check
from cueline.cli import COMMANDS
from cueline.config import Settings
from cueline.deliveries import templates
from tests.docs.tracked import ROOT, tracked

DOCUMENTS = [name for name in tracked() if name.endswith(".md")]
README = (ROOT / "README.md").read_text()


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)


def test_the_readmes_campaigns_can_be_published() -> None:
    (document,) = blocks(README, "yaml")
    parsed = text.read(document, format=text.YAML)
    found = [*parsed.problems, *check(parsed.document, Known(), template_problems=templates.problems)]
    assert [problem.message for problem in found if problem.level == "error"] == []
    assert len(parsed.document.campaigns) == 2


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_that_is_named_exists(name: str) -> None:
    document = (ROOT / name).read_text()
    in_text = re.findall(r"`cueline ([a-z][a-z-]*)", document)
    in_blocks = re.findall(r"^(?:\.venv/bin/)?cueline ([a-z-]+)", "".join(blocks(document, "sh")), re.MULTILINE)
    assert set(in_text + in_blocks) <= set(COMMANDS)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_setting_that_is_named_exists(name: str) -> None:
    named = set(re.findall(r"CUELINE_([A-Z_]*[A-Z])", (ROOT / name).read_text()))
    known = {field.name.upper() for field in dataclasses.fields(Settings)}
    # `CUELINE_RATE_*` stands for all that begin so.
    unknown = {setting for setting in named - known if not any(k.startswith(f"{setting}_") for k in known)}
    assert not unknown


def test_every_call_of_the_readme_is_one_that_the_snippet_knows() -> None:
    stub = (ROOT / "backend/cueline/static/stub.js").read_text()
    (methods,) = re.findall(r'"(init [a-z ]+)"', stub)
    called = re.findall(r"^cueline\('(\w+)'", "".join(blocks(README, "js")), re.MULTILINE)
    assert called
    assert set(called) <= set(methods.split())


def test_the_curl_line_is_one_command_that_says_who_the_user_is_and_what_he_did() -> None:
    (line,) = [block for block in blocks(README, "sh") if block.startswith("curl")]
    command = shlex.split(line.replace("\\\n", " "))
    (profile, event) = json.loads(command[command.index("-d") + 1])
    assert profile["user_ext_id"] == event["user_ext_id"]
    assert "@" in profile["payload"]["email"]
    assert event["payload"]["client_action"] == "reset_password"
    assert event["payload"]["link"].startswith("https://")
    assert "Authorization: Bearer $(cat cueline-data/secret-key)" in command
