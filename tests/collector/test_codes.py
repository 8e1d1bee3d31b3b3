"""docs/collect.md names every code of the doors, and none that is gone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from cueline import errors
from cueline.intake.reading import NotJson

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/collect.md").read_text()
ROOMS = (ROOT / "backend/cueline/intake", ROOT / "backend/cueline/collector")
POSITION = {"EventRefused": 0, "HttpError": 1, "Rejected": 1}


def constants(room: Path) -> Iterator[str]:
    for file in room.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                yield from of_call(node)


def of_call(call: ast.Call) -> Iterator[str]:
    position = POSITION.get(getattr(call.func, "id", ""))
    given = [] if position is None else call.args[position : position + 1]
    given += [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    yield from (value.value for value in given if isinstance(value, ast.Constant) and isinstance(value.value, str))


def in_code() -> set[str]:
    inherited = {errors.Unavailable.code, errors.Full.code, errors.RateLimited.code, NotJson.code}
    return inherited.union(*(constants(room) for room in ROOMS))


def documented() -> set[str]:
    part = DOCUMENT.partition("## Codes")[2].partition("## Health")[0]
    whole = re.findall(r"^\| \d{3} \| `(\w+)`", part, re.MULTILINE)
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", part, re.MULTILINE)
    return {*whole, *re.findall(r"`(\w+)`", " ".join(rows))}


def test_every_code_is_documented_and_none_that_is_gone() -> None:
    assert documented() == in_code()
