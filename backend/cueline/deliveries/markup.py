"""A template's tags and outputs, looked over before it is parsed.

The Liquid parser's patterns need the square of what they read when a `{{` is never closed or white space goes on and
on: a few kilobytes kept a processor busy for minutes. This reads each character once.
"""

from __future__ import annotations

import re
from typing import Final

MAX_LENGTH: Final = 10_000
MAX_BLANKS: Final = 200
MAX_VERBATIM: Final = 100

_OPENING: Final = re.compile(r"\{[{%]")
_CLOSINGS: Final = {"{{": "}}", "{%": "%}"}
_BLANKS: Final = re.compile(rf"\s{{{MAX_BLANKS + 1}}}")
_VERBATIM: Final = re.compile(rf"\{{%-?\s{{0,{MAX_BLANKS}}}(?:raw|comment|doc)\b")


def fault_of(source: str) -> str | None:
    """Why the parser must not see it, or None."""
    if sum(1 for _ in _VERBATIM.finditer(source)) > MAX_VERBATIM:
        return f"there are more than {MAX_VERBATIM} raw and comment tags"
    at = 0
    while opening := _OPENING.search(source, at):
        end = source.find(_CLOSINGS[opening[0]], opening.end())
        fault = "it is never closed" if end < 0 else _fault_within(source[opening.end() : end])
        if fault:
            return f"{opening[0]} in line {source.count(chr(10), 0, opening.start()) + 1}: {fault}"
        at = end + 2
    return None


def _fault_within(text: str) -> str | None:
    if len(text) > MAX_LENGTH:
        return f"it is longer than {MAX_LENGTH} characters"
    return f"it has more than {MAX_BLANKS} blanks in a row" if _BLANKS.search(text) else None
