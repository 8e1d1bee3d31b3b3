"""Deep links: read them, take them off an address, write them into one, sign them. Pure: no I/O, no clock."""

from .build import action_link, build
from .capture import DEFAULT_NAMES, Captured, capture
from .grammar import RESERVED_NAMES, Parsed, Refusal, parse
from .signing import Verdict, canonical, sign, verify

__all__ = [
    "DEFAULT_NAMES",
    "RESERVED_NAMES",
    "Captured",
    "Parsed",
    "Refusal",
    "Verdict",
    "action_link",
    "build",
    "canonical",
    "capture",
    "parse",
    "sign",
    "verify",
]
