"""The URL layer: a page's address -> the deep link in it, and the address without any.

An address is cut into page, query and hash. In the query and in the hash every parameter that carries a link is
taken out, left to right and in one pass: what leaves never changes how the text before it reads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .grammar import (
    WHITE_SPACE,
    Parsed,
    Refusal,
    declared_names,
    decode_percent,
    is_address,
    pair_surrogates,
    parse,
)

DEFAULT_NAMES = ("_dp", "_smartico_dp")

_LINK_AHEAD = r"(?=[dD][pP](?::|%3[aA]|%253[aA]))"
_ENCODED_TWICE = re.compile(r"dp%253a", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Captured:
    """What an address held: the link as text (None: no link), the address without it, the link's meaning."""

    link: str | None
    url: str
    parsed: Parsed | Refusal | None

    def as_dict(self) -> dict[str, Any]:
        parsed = self.parsed.as_dict() if self.parsed else None
        return {"link": self.link, "url": self.url, "parsed": parsed}


@dataclass(frozen=True, slots=True)
class _Found:
    value: str
    end: int
    is_raw: bool


def capture(href: str, *, names: Sequence[str] = DEFAULT_NAMES) -> Captured:
    """Take the deep link off an address. The hash goes before the query, the first link counts, all leave."""
    page, query, hash_part = split_address(pair_surrogates(href))
    in_hash, kept_hash = _take_links(hash_part, _finder(r"^#|[?&]", tuple(names)))
    in_query, kept_query = _take_links(query, _finder(r"^\?|&", tuple(names)))
    first = in_hash or in_query
    link = _link_text(first) if first else None
    parsed = parse(link) if link is not None else None
    return Captured(link, page + kept_query + kept_hash, parsed)


def split_address(href: str) -> tuple[str, str, str]:
    """Page, query with its `?`, hash with its `#`; joined again they are the address to the letter."""
    rest, mark, fragment = href.partition("#")
    page, question, query = rest.partition("?")
    return page, question + query, mark + fragment


@lru_cache(maxsize=64)
def _finder(places: str, names: tuple[str, ...]) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(name) for name in names)
    return re.compile(f"(?:{places})(?P<name>(?:{alternatives})=){_LINK_AHEAD}")


def _take_links(part: str, finder: re.Pattern[str]) -> tuple[_Found | None, str]:
    """The first link of a query or hash, and the part without any of its links. `part` begins with its mark."""
    first: _Found | None = None
    kept, position = "", 0
    match = finder.search(part)
    while match:
        found = _read_value(part, match.end())
        first = first or found
        kept += part[position : match.start("name")]
        position = found.end + 1
        if kept == part[0] + "&":
            kept = part[0]
        match = finder.search(part, found.end)
    return first, _join(kept, part[position:], was_cut=first is not None)


def _join(kept: str, rest: str, *, was_cut: bool) -> str:
    if rest or not was_cut:
        return kept + rest
    without_separator = kept[:-1]
    return without_separator if len(without_separator) > 1 else ""


def _read_value(part: str, start: int) -> _Found:
    end = _piece_end(part, start)
    value = part[start:end]
    if value[2] == "%" or "%26" in value:
        return _Found(value, end, is_raw=False)
    end = _raw_end(part, end, declared=declared_names(_raw_verb(value[3:])))
    return _Found(part[start:end], end, is_raw=True)


def _raw_verb(text: str) -> str:
    return "go" if is_address(text) else text.strip(WHITE_SPACE).lower()


def _raw_end(part: str, end: int, *, declared: tuple[str, ...]) -> int:
    """A raw link goes on while the pieces bear names that its verb declares."""
    while end < len(part):
        following = _piece_end(part, end + 1)
        name = part[end + 1 : following].partition("=")[0]
        if name.lower() not in declared:
            return end
        end = following
    return end


def _piece_end(part: str, start: int) -> int:
    end = part.find("&", start)
    return len(part) if end < 0 else end


def _link_text(found: _Found) -> str:
    if found.is_raw:
        return found.value.replace("+", "%20")
    once = _decode_value(found.value)
    return _decode_value(once) if _ENCODED_TWICE.match(found.value) else once


def _decode_value(text: str) -> str:
    return decode_percent(text.replace("+", " "))
