"""docs/http.md names every refusal of the doors and of REST, every route, and the limits that are in force."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from cueline.intake import limits
from tests.docs.tracked import ROOT

HTTP = (ROOT / "docs/http.md").read_text()
TABLES = HTTP[HTTP.index("## Refusals of a request") : HTTP.index("## REST")]
PACKAGE = ROOT / "backend/cueline"
SOURCES = [path for room in ("collector", "intake", "api") for path in sorted((PACKAGE / room).rglob("*.py"))]
# How each refusal is made: the place of its code among the arguments.
REFUSALS = {"HttpError": 1, "EventRefused": 0, "Rejected": 1}


def codes(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        place = REFUSALS.get(getattr(node.func, "id", ""))
        named = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
        placed = [] if place is None else node.args[place : place + 1]
        found |= {n.value for n in [*named, *placed] if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return found


def test_every_code_of_a_refusal_is_documented() -> None:
    given = set().union(*(codes(path) for path in SOURCES))
    named = set(re.findall(r"`([a-z_]+)`", TABLES))
    assert given
    assert given - named == set()


def test_no_code_is_documented_that_is_gone() -> None:
    rows = re.findall(r"^\| (?:\d{3} \| )?`([a-z_]+)` \|", TABLES, re.MULTILINE)
    everything = "".join(path.read_text() for path in [*SOURCES, PACKAGE / "errors.py"])
    assert rows
    assert [code for code in rows if f'"{code}"' not in everything] == []


def test_every_route_of_the_api_is_documented() -> None:
    sources = "".join(path.read_text() for path in (PACKAGE / "api").glob("*.py"))
    routes = re.findall(r'@blueprint\.route\("([^"]+)", methods=\["(\w+)"\]', sources)
    wanted = {f"{method} /api/v1{path}".replace("user_id:", "").replace("action:", "") for path, method in routes}
    assert wanted
    assert {route for route in wanted if route not in HTTP} == set()


@pytest.mark.parametrize(
    ("limit", "text"),
    [  # those with a unit of their own are held to it by the first value
        (limits.MAX_COLLECT_BYTES == 64 * 1024, "64 KiB"),
        (limits.MAX_SERVER_BYTES == 10 * 1024**2, "10 MiB"),
        (limits.MAX_EVENT_BYTES == 256 * 1024, "256 KiB"),
        (True, f"{limits.MAX_COLLECT_EVENTS} events"),
        (True, f"{limits.MAX_SERVER_EVENTS:,} events"),
        (True, f"{limits.MAX_DEPTH} levels"),
        (True, f"{limits.MAX_KEYS} keys"),
        (True, f"1 to {limits.MAX_ID} characters"),
        (True, f"1 to {limits.MAX_ACTION} characters"),
        (True, f"{limits.MAX_LINK:,} characters"),
        (True, f"{limits.MAX_TAGS} tags"),
    ],
)
def test_every_limit_is_the_one_in_force(limit: bool, text: str) -> None:
    assert limit
    assert text in HTTP
