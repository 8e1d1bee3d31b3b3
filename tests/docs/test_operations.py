"""What docs/operations.md says can be held to: settings, figures, commands, and the doors' own addresses."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from cueline.cli import COMMANDS
from cueline.collector import metrics
from cueline.config import PREFIX, Settings, is_cluster, load

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/operations.md").read_text()


def test_the_settings_it_names_exist() -> None:
    known = {PREFIX + field.name.upper() for field in dataclasses.fields(Settings)}
    assert set(re.findall(r"CUELINE_[A-Z_]+[A-Z]", DOCUMENT)) <= known


def test_the_figures_to_alarm_on_exist() -> None:
    named = re.findall(r"^\| `(cueline_\w+)` \|", DOCUMENT, re.MULTILINE)
    assert named
    written = Path(metrics.__file__).read_text()
    assert [name for name in named if f'"{name}"' not in written] == []


def test_the_commands_it_names_exist() -> None:
    named = set(re.findall(r"\bcueline (bench|doctor|config|web|worker|clock|db)\b", DOCUMENT))
    assert len(named) == 7
    assert named <= set(COMMANDS)


def test_the_settings_for_a_cluster_can_be_read() -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    (block,) = [found for found in blocks if "+cluster" in found]
    settings = load(dict(line.split("=", 1) for line in block.splitlines()), dotenv=ROOT / "none")
    assert is_cluster(settings.streams_url())
    assert not is_cluster(settings.queues_url())


@pytest.mark.parametrize("named", ["synchronous=FULL", "noeviction", "everysec"])
def test_what_our_stores_are_opened_with_is_what_it_says(named: str) -> None:
    code = [(ROOT / "backend/cueline" / file).read_text() for file in ("store/session.py", "embedded/redis.py")]
    assert named in DOCUMENT
    assert named in "".join(code)
