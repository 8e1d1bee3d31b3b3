"""docs/email.md tells what the code does."""

import re
from pathlib import Path

from cueline.deliveries import retries
from cueline.deliveries.liquid import FORBIDDEN_FILTERS, FORBIDDEN_TAGS
from cueline.deliveries.reasons import REASONS
from cueline.store.deliveries import STATES

PAGE = (Path(__file__).parents[2] / "docs" / "email.md").read_text()


def rows(heading: str) -> dict[str, str]:
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", section, re.MULTILINE))


def test_every_state_has_its_row() -> None:
    assert list(rows("States")) == list(STATES)


def test_every_reason_has_its_row_and_its_words() -> None:
    assert rows("Reasons") == REASONS


def test_what_is_forbidden_in_templates_is_named() -> None:
    assert all(f"`{name}`" in PAGE for name in (*FORBIDDEN_FILTERS, *FORBIDDEN_TAGS))


def test_the_number_of_tries_is_named() -> None:
    assert f"{retries.MAX_ATTEMPTS} tries" in PAGE
