"""The events of a list that cannot be read as a whole, one by one: memory for one of them, however long the list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cueline.intake.limits import MAX_RAW_EVENT_BYTES
from cueline.intake.reading import NotJson

_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},"]', re.DOTALL)
_OPEN: Final = (b"[", b"{")
_CLOSE: Final = (b"]", b"}")
_WHITE: Final = b" \t\r\n"


def of_list(body: bytes) -> Iterator[bytes]:
    """The JSON of each member, not judged. Raises NotJson where the list does not end, or a member is too long."""
    start = body.index(b"[") + 1
    depth = 0
    for token in _TOKEN.finditer(body, start):
        sign = token.group()
        if token.end() - start > MAX_RAW_EVENT_BYTES:
            raise NotJson(f"This is not JSON, and an event in it is over {MAX_RAW_EVENT_BYTES // 2**20} MiB.")
        if sign == b'"':
            raise NotJson("This is not JSON: a text does not end.")
        if sign in _OPEN:
            depth += 1
        elif depth > 0:
            depth -= sign in _CLOSE
        elif sign == b",":
            yield body[start : token.start()]
            start = token.end()
        elif sign == b"]":
            yield from _last(body[start : token.start()], is_only=body[:start].strip(_WHITE) == b"[")
            if body[token.end() :].strip(_WHITE):
                raise NotJson("This is not JSON: something follows the list.")
            return
    raise NotJson("This is not JSON: its list does not end.")


def _last(member: bytes, *, is_only: bool) -> Iterator[bytes]:
    """A list may be empty; else nothing may be missing after a comma."""
    if not is_only or member.strip(_WHITE):
        yield member
