"""matches: a regular expression, by RE2, which answers in time that grows with the text alone.

There is no such operator where google-re2 (the extra `patterns`) is not installed: Python's own expressions may take
years for a text that a visitor chose.
"""

from __future__ import annotations

from typing import Any, Final

from cueline.conditions.operators.operator import Operator, Test
from cueline.conditions.values import TEXT
from cueline.problems import kind_of

try:
    import re2
except ImportError:
    re2 = None

MAX_LENGTH: Final = 500
_MAX_MEMORY: Final = 1 << 20


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    return options


def _pattern_fault(wanted: Any) -> str | None:
    if not isinstance(wanted, str) or not wanted:
        return f"The value must be a regular expression in quotes, not {kind_of(wanted)}."
    if len(wanted) > MAX_LENGTH:
        return f"A regular expression has at most {MAX_LENGTH} characters, not {len(wanted)}."
    try:
        re2.compile(wanted, _options())
    except re2.error as error:
        return f"RE2 does not understand it: {_reason(error)}."
    return None


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else error
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def _matches(wanted: Any) -> Test:
    search = re2.compile(wanted, _options()).search
    return lambda found: isinstance(found, str) and search(found) is not None


OPERATORS: Final = (
    ()
    if re2 is None
    else (
        Operator(
            name="matches",
            summary="the regular expression (RE2) is found in the text; ^ and $ tie it to the ends",
            fits=frozenset({TEXT}),
            prepare=_matches,
            check=_pattern_fault,
        ),
    )
)
