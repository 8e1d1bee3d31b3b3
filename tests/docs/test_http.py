"""docs/http.md names every route of the REST API and every refusal that is its own."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.docs.tracked import ROOT

HTTP = (ROOT / "docs/http.md").read_text()
API = sorted((ROOT / "backend/cueline/api").glob("*.py"))
LETTERS = sorted((ROOT / "backend/cueline/deadletters").glob("*.py"))
ERRORS = ROOT / "backend/cueline/errors.py"


def codes(path: Path) -> set[str]:
    """The codes of the refusals that are made there."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "HttpError":
            found |= {n.value for n in node.args[1:2] if isinstance(n, ast.Constant)}
    return found


def test_every_refusal_of_the_api_is_documented() -> None:
    given = set().union(*(codes(path) for path in API))
    rows = set(re.findall(r"^\| \d{3} \| `([a-z_]+)` \|", HTTP, re.MULTILINE))
    assert given
    assert given - rows == set()


def test_no_refusal_is_documented_that_is_gone() -> None:
    rows = re.findall(r"^\| \d{3} \| `([a-z_]+)` \|", HTTP, re.MULTILINE)
    everything = "".join(path.read_text() for path in [*API, *LETTERS, ERRORS])
    assert [code for code in rows if f'"{code}"' not in everything] == []


def test_every_route_of_the_api_is_documented() -> None:
    sources = "".join(path.read_text() for path in API)
    routes = re.findall(r'@blueprint\.route\("([^"]+)", methods=\["(\w+)"\]', sources)
    plain = [(re.sub(r"<(user_id:|action:|int:letter_)", "<", path), method) for path, method in routes]
    wanted = {f"{method} /api/v1{path}" for path, method in plain}
    assert wanted
    assert {route for route in wanted if f"`{route}`" not in HTTP} == set()
