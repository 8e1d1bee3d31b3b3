"""docs/settings.md has exactly the settings of the code, with their defaults and documentation."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from cueline.config import PREFIX, Settings

DOCUMENT = Path(__file__).parents[2] / "docs/settings.md"
ROW = re.compile(r"^\| `(CUELINE_\w+)` \| (.+?) \| (.+) \|$", re.MULTILINE)


def test_the_table_is_that_of_the_code() -> None:
    expected = []
    for f in dataclasses.fields(Settings):
        default = f"`{f.default}`" if str(f.default) else "none"
        expected.append((PREFIX + f.name.upper(), default, f.metadata["doc"]))
    assert ROW.findall(DOCUMENT.read_text()) == expected
