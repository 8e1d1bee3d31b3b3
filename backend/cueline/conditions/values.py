"""What a value is: links carry only text, so text may be a number or a date as well.

- A number in text is a JSON number: digits, no leading zero, no plus, no white space ("150", "-2.5", "1e3";
  not "007", " 5", "+5", "1,5"). Such text keeps its exact spelling as text, too.
- A date in text is ISO 8601: `2026-11-23`, `2026-11-23T17:21`, with seconds, fraction, `Z` or `+01:00`. Without
  a zone it is UTC; without a time it is midnight.
- A boolean is neither a number nor text: `true` is not 1 and not "true".
- NaN and infinity are no values at all, like null.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cueline.conditions.paths import MISSING

TEXT: Final = "text"
NUMBER: Final = "number"
BOOLEAN: Final = "boolean"
DATE: Final = "date"
LIST: Final = "list"
OBJECT: Final = "object"
ANY: Final = frozenset({TEXT, NUMBER, BOOLEAN, DATE, LIST, OBJECT})

Number = int | float

_LONGEST_NUMBER: Final = 64
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def is_value(found: Any) -> bool:
    """Whether there is anything: a missing path, null, NaN and infinity are nothing."""
    if found is MISSING or found is None:
        return False
    return type(found) is not float or math.isfinite(found)


def number_of(value: Any) -> Number | None:
    """The number that a value is, exact for integers of any size; None when it is none."""
    kind = type(value)
    if kind is int:
        return value  # type: ignore[no-any-return]
    if kind is float:
        return value if math.isfinite(value) else None
    return _number_in(value) if kind is str else None


def _number_in(text: str) -> Number | None:
    if len(text) > _LONGEST_NUMBER:
        return None
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    if match[1] is None and match[2] is None:
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else None


def whole(value: Any) -> Any:
    """A whole number of 64 bits as an integer, anything else as it is.

    PostgreSQL keeps numbers as decimals: a float beyond 2**53 would come back as another number.
    """
    if type(value) is float and value.is_integer() and abs(value) < 2**63:
        return int(value)
    return value


def instant_of(value: Any) -> int | None:
    """The microseconds since 1970 of a date in text; None when it is none."""
    if type(value) is not str or not 10 <= len(value) <= 40 or _DATE.fullmatch(value) is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:  # the 30th of February has the shape of a date and is none
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MICROSECOND


def type_of(value: Any) -> str | None:
    """The type name that the action registry keeps for a value; None for null, NaN and infinity."""
    if not is_value(value):
        return None
    name = _TYPE_NAMES.get(type(value))
    return name or (OBJECT if isinstance(value, Mapping) else LIST)


_TYPE_NAMES: Final[Mapping[type, str]] = {
    str: TEXT,
    bool: BOOLEAN,
    int: NUMBER,
    float: NUMBER,
    dict: OBJECT,
    list: LIST,
}
