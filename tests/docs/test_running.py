"""The code that docs/running.md gives away to make a user's hash is right, in each language that runs here."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cueline.intake import identity

RUNNING = (Path(__file__).parents[2] / "docs/running.md").read_text()
SECRET, USER = "s3cret", "42é"


def code(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", RUNNING, re.MULTILINE | re.DOTALL)
    return str(found)


def verdicts(made: str) -> list[str]:
    """What the doors say of it now, and when its day is over."""
    now_ms = int(time.time() * 1000)
    moments = (now_ms, now_ms + 86_300_000, now_ms + 86_500_000)
    return [identity.check(USER, made.strip(), secret=SECRET, now_ms=ms) for ms in moments]


def test_the_hash_in_python_is_right() -> None:
    program = code("python") + "\nimport sys; print(cueline_hash(*sys.argv[1:]))"
    made = subprocess.run([sys.executable, "-c", program, SECRET, USER], capture_output=True, text=True, check=True)
    assert verdicts(made.stdout) == ["good", "good", "expired"]


def test_the_hash_in_node_is_right(node: str) -> None:
    program = code("js") + "\nconsole.log(cuelineHash(...process.argv.slice(1)))"
    made = subprocess.run([node, "-e", program, SECRET, USER], capture_output=True, text=True, check=True)
    assert verdicts(made.stdout) == ["good", "good", "expired"]


@pytest.mark.parametrize("part", ["time() + $seconds", '$userId . "\\n" . $expiry', "'sha256'"])
def test_the_hash_in_php_is_made_of_the_same_parts(part: str) -> None:
    assert part in code("php")
