"""The shared cases of both parsers: tests/vectors/deep-links.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PATH = Path(__file__).parents[1] / "vectors" / "deep-links.json"


def cases(kind: str) -> list[dict[str, Any]]:
    """The cases under `links` or `urls`."""
    found: list[dict[str, Any]] = json.loads(PATH.read_text(encoding="utf-8"))[kind]
    return found


def names(kind: str) -> list[str]:
    return [case["name"] for case in cases(kind)]
