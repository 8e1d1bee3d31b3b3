"""JSON as senders write it: msgspec for the good, the standard library to see what is wrong with the rest."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

import msgspec

from cueline.errors import CuelineError
from cueline.intake.limits import MAX_DEPTH

# What msgspec raises on bytes that are no good JSON. Neither of the latter two is a DecodeError.
FAILURES: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_DEEP: Final = 3 * MAX_DEPTH
_LONGEST_INTEGER: Final = len(str(-(2**64)))
# Possessive: a text without an end is found once, not looked for again from each quote in it, which is quadratic.
_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}"]', re.DOTALL)


class NotJson(CuelineError):
    """Bytes that no reading makes JSON of."""

    code = "malformed_json"


def loads(data: bytes) -> Any:
    """Read what msgspec refused, so that one bad event can be named and the others kept.

    Lets through, for `values.check_payload` to find: lone surrogates (also for bytes that are no UTF-8), NaN and
    Infinity, and infinity for numbers beyond all bounds. Deeper than any payload may be, `null` stands for the rest.
    """
    text = data.decode("utf-8", "surrogateescape")
    try:
        return _load(text)
    except RecursionError:
        return _load(_without_the_deep(text))


def check(data: bytes) -> None:
    """Raises NotJson as `loads` does, for who needs no value."""
    try:
        _decode_raw(data)
    except FAILURES:
        loads(data)


def _load(text: str) -> Any:
    try:
        return _decoder.decode(text)
    except ValueError as error:
        raise NotJson(f"This is not JSON: {error}") from error


def _integer(digits: str) -> int | float:
    # int() refuses more than 4,300 digits, with a ValueError that would hide behind "not JSON".
    return int(digits) if len(digits) <= _LONGEST_INTEGER else math.inf


_decode_raw: Final = msgspec.json.Decoder(msgspec.Raw).decode
_decoder: Final = json.JSONDecoder(parse_int=_integer)


def _without_the_deep(text: str) -> str:
    """The same text with `null` for everything nested too deeply; unbalanced brackets stay unbalanced."""
    kept, depth, start = [], 0, 0
    for token in _TOKEN.finditer(text):
        bracket = token.group()
        if bracket == '"':
            raise NotJson("This is not JSON: a text does not end.")
        if bracket in ("[", "{"):
            depth += 1
            if depth == _DEEP:
                kept.append(text[start : token.start()] + "null")
        elif bracket in ("]", "}"):
            if depth == _DEEP:
                start = token.end()
            depth -= 1
    if depth >= _DEEP:
        raise NotJson("This is not JSON: its brackets do not close.")
    return "".join([*kept, text[start:]])
