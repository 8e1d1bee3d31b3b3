"""The code that docs/running.md gives away to make a user's hash is right, in each language that runs here."""

from __future__ import annotations

import hashlib
import hmac
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

RUNNING = (Path(__file__).parents[2] / "docs/running.md").read_text()


def code(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", RUNNING, re.MULTILINE | re.DOTALL)
    return str(found)


def is_good(made: str, *, secret: str, user: str) -> bool:
    """By the definition of the hash."""
    expiry, _, digest = made.strip().partition(".")
    lasts_a_day = 86_300 < int(expiry) - time.time() <= 86_400
    wanted = hmac.new(secret.encode(), f"{user}\n{expiry}".encode(), hashlib.sha256).hexdigest()
    return lasts_a_day and digest == wanted


def test_the_hash_in_python_is_right() -> None:
    program = code("python") + "\nimport sys; print(cueline_hash(*sys.argv[1:]))"
    made = subprocess.run([sys.executable, "-c", program, "s3cret", "42é"], capture_output=True, text=True, check=True)
    assert is_good(made.stdout, secret="s3cret", user="42é")


def test_the_hash_in_node_is_right(node: str) -> None:
    program = code("js") + "\nconsole.log(cuelineHash(...process.argv.slice(1)))"
    made = subprocess.run([node, "-e", program, "s3cret", "42é"], capture_output=True, text=True, check=True)
    assert is_good(made.stdout, secret="s3cret", user="42é")


@pytest.mark.parametrize("part", ["time() + $seconds", '$userId . "\\n" . $expiry', "'sha256'"])
def test_the_hash_in_php_is_made_of_the_same_parts(part: str) -> None:
    assert part in code("php")
