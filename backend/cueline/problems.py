"""Reading documents: every finding names its path, the value found there and what would fit."""

from __future__ import annotations

import difflib
import re
import reprlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cueline.errors import Problem

ERROR: Final = "error"
WARNING: Final = "warning"

MAX_UNKNOWN_KEYS: Final = 10

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ASCII_SPACE: Final = " \t\n\r\f\v"


def error(
    problems: list[Problem],
    at: str,
    *,
    code: str,
    message: str,
    value: object = None,
    allowed: Iterable[str] = (),
) -> None:
    problems.append(Problem(ERROR, at, code, message, _shown(value), tuple(allowed)))


def warning(
    problems: list[Problem],
    at: str,
    *,
    code: str,
    message: str,
    value: object = None,
    allowed: Iterable[str] = (),
) -> None:
    problems.append(Problem(WARNING, at, code, message, _shown(value), tuple(allowed)))


def has_errors(problems: Iterable[Problem]) -> bool:
    return any(problem.level == ERROR for problem in problems)


def join(at: str, key: str) -> str:
    """`campaigns[0]` and `where` make `campaigns[0].where`; an odd key is shown cropped."""
    shown = key if len(key) <= 80 else key[:77] + "..."
    return f"{at}.{shown}" if at else shown


def suggestion(word: str, known: Iterable[str]) -> str:
    """` Did you mean "limit"?`, or nothing when no known word is near."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(word[:80].lower(), list(by_lower), n=1)
    return f' Did you mean "{by_lower[near[0]]}"?' if near else ""


def kind_of(value: object) -> str:
    """The word for a JSON value's type, as error messages use it."""
    if value is None:
        return "nothing (null)"
    for types, word in _KINDS:
        if isinstance(value, types):
            return word
    return type(value).__name__


_KINDS: Final[tuple[tuple[type | tuple[type, ...], str], ...]] = (
    (bool, "a boolean"),
    ((int, float), "a number"),
    (str, "text"),
    (Mapping, "a mapping"),
    ((list, tuple), "a list"),
)


def mapping_at(
    value: object,
    *,
    at: str,
    keys: Iterable[str],
    problems: list[Problem],
) -> Mapping[str, Any] | None:
    """The mapping at a path, its unknown keys reported; None when it is no mapping."""
    if not isinstance(value, Mapping):
        message = f"This must be a mapping, not {kind_of(value)}."
        error(problems, at, code="not_a_mapping", message=message, value=value, allowed=keys)
        return None
    _report_unknown(value, at=at, keys=tuple(keys), problems=problems)
    return value


def _report_unknown(value: Mapping[Any, Any], *, at: str, keys: tuple[str, ...], problems: list[Problem]) -> None:
    unknown = [key for key in value if key not in keys]
    for key in unknown[:MAX_UNKNOWN_KEYS]:
        message = f'Unknown key "{_cropped(str(key))}".{suggestion(str(key), keys)}'
        error(problems, join(at, str(key)), code="unknown_key", message=message, value=key, allowed=keys)


def list_at(value: object, *, at: str, problems: list[Problem], most: int) -> list[Any]:
    """The list at a path; empty when it is none or has more than `most` entries (reported)."""
    if not isinstance(value, list | tuple):
        message = f"This must be a list, not {kind_of(value)}."
        error(problems, at, code="not_a_list", message=message, value=value)
        return []
    if len(value) > most:
        message = f"{len(value)} entries are too many: at most {most}."
        error(problems, at, code="too_many", message=message, value=len(value))
        return []
    return list(value)


def text_at(
    value: object,
    *,
    at: str,
    problems: list[Problem],
    most: int,
    lines: bool = False,
) -> str | None:
    """Text of 1 to `most` characters; on one line and without outer white space unless `lines`."""
    fault = text_fault(value, most=most, lines=lines)
    if fault is None:
        return str(value)
    error(problems, at, code="bad_text", message=fault, value=value)
    return None


def text_fault(value: object, *, most: int, lines: bool = False) -> str | None:
    """What is wrong with a text, or None."""
    if not isinstance(value, str):
        return f"This must be text, not {kind_of(value)}."
    if not 1 <= len(value) <= most:
        return f"This text has {len(value)} characters: 1 to {most} are allowed."
    if lines:
        return None
    if _CONTROL.search(value):
        return "Control characters and line breaks are not allowed here."
    if value != value.strip(_ASCII_SPACE):
        return "White space at the beginning or the end is not allowed here."
    return None


def key_at(value: object, *, at: str, problems: list[Problem]) -> str | None:
    """The key of a campaign or template: lower case letters, digits, `-`, `_`; at most 64 characters."""
    if isinstance(value, str) and _KEY.fullmatch(value):
        return value
    message = "A key has 1 to 64 of a-z, 0-9, - and _, and begins with a letter or digit."
    error(problems, at, code="bad_key", message=message, value=value)
    return None


def choice_at(value: object, *, at: str, problems: list[Problem], allowed: Iterable[str]) -> str | None:
    """One word of a closed list."""
    words = tuple(allowed)
    if isinstance(value, str) and value in words:
        return value
    near = suggestion(value, words) if isinstance(value, str) else ""
    message = f"{_quoted(value)} is not allowed here.{near}"
    error(problems, at, code="not_allowed", message=message, value=value, allowed=words)
    return None


def integer_at(value: object, *, at: str, problems: list[Problem], least: int, most: int) -> int | None:
    """A whole number within bounds; a boolean is none."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    message = f"This must be a whole number from {least} to {most}, not {_quoted(value)}."
    error(problems, at, code="bad_number", message=message, value=value)
    return None


def missing(problems: list[Problem], at: str, *, key: str, allowed: Iterable[str] = ()) -> None:
    message = f'"{key}" is required here.'
    error(problems, join(at, key), code="missing_key", message=message, allowed=allowed)


def _quoted(value: object) -> str:
    if isinstance(value, str):
        return f'"{_cropped(value)}"'
    if isinstance(value, int | float):
        return _SHORT.repr(value)
    return kind_of(value)


def _cropped(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."


def _short() -> reprlib.Repr:
    short = reprlib.Repr()
    short.maxstring = short.maxother = 80
    short.maxlist = short.maxdict = 6
    short.maxlevel = 3
    return short


_SHORT: Final = _short()


def _shown(value: object) -> Any:
    """The value as a problem carries it: small, and fit for JSON."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 2**63:
        return value
    if isinstance(value, str):
        return _cropped(value.encode("utf-8", "backslashreplace").decode())
    return _SHORT.repr(value)
