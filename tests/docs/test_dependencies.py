"""docs/dependencies.md has a row for each dependency, with its lower bound, and none that is gone."""

from __future__ import annotations

import configparser
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| ([A-Za-z0-9_-]+) \| ([0-9.]+|any) \|", re.MULTILINE)
REQUIREMENT = re.compile(r"^([A-Za-z0-9_-]+)(?:\[\w+\])?(?:>=([0-9.]+))?(?:;.*)?$")


def required() -> dict[str, str]:
    """Package → lower bound, of install_requires and every extra."""
    cfg = configparser.ConfigParser(interpolation=None)
    cfg.read(ROOT / "setup.cfg")
    lists = [cfg["options"]["install_requires"], *cfg["options.extras_require"].values()]
    lines = [line.strip() for text in lists for line in text.splitlines() if line.strip()]
    found = [REQUIREMENT.match(line.replace(" ", "")) for line in lines]
    assert all(found), f"a requirement that is not name>=bound: {lines}"
    return {match[1]: match[2] or "any" for match in found if match}


def documented() -> dict[str, str]:
    return dict(ROW.findall((ROOT / "docs/dependencies.md").read_text()))


def test_every_dependency_is_documented_with_its_lower_bound() -> None:
    assert documented() == required()


@pytest.mark.parametrize("name", json.loads((ROOT / "static/sdk/package.json").read_text())["devDependencies"])
def test_every_build_tool_of_the_snippet_is_documented(name: str) -> None:
    assert f"\n| {name} | " in (ROOT / "docs/dependencies.md").read_text()
