"""The committed build is what the sources make, and the sources hold what Node can check."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import cueline

ROOT = Path(__file__).resolve().parents[2]
SDK = ROOT / "static" / "sdk"

pytestmark = pytest.mark.node


@pytest.fixture
def modules() -> None:
    if not (SDK / "node_modules").is_dir():
        pytest.skip("static/sdk/node_modules is missing: `npm ci --prefix static/sdk`")


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=SDK, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("modules")
def test_the_built_snippet_and_demo_are_fresh(node: str) -> None:
    run(node, "build.mjs", "--check")


@pytest.mark.usefixtures("modules")
def test_the_types_of_the_snippet_hold(node: str) -> None:
    run(node, "node_modules/typescript/bin/tsc")


def test_the_queue_logic_holds_without_a_browser(node: str) -> None:
    run(node, "--test", *sorted(str(path) for path in Path(__file__).parent.glob("*.test.js")))


def test_the_snippet_has_the_version_of_the_package() -> None:
    assert json.loads((SDK / "package.json").read_text())["version"] == cueline.__version__
    built = ROOT / "backend" / "cueline" / "static" / "cueline.js"
    assert f'sdk:"{cueline.__version__}"' in built.read_text()
