"""The plain text of a mail that has only HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

_UNSEEN: Final = frozenset({"head", "script", "style", "title", "template"})
_PARAGRAPHS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul"})
_LINES: Final = _PARAGRAPHS | {"address", "br", "dd", "div", "dt", "hr", "li", "section", "tr"}
_CELLS: Final = frozenset({"td", "th"})


def plain_text(html: str) -> str:
    """The words of `html`: paragraphs apart, list items marked, links as `text (address)`."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(reader.pieces).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0
        self._links: list[tuple[str, int]] = []  # address, where in pieces its text begins

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        self._break(tag)
        if tag == "li":
            self.pieces.append("- ")
        if tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self.pieces)))
        if tag == "img":
            self.pieces.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        if tag == "a" and self._links:
            self._end_link(*self._links.pop())
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(re.sub(r"\s+", " ", data))

    def _break(self, tag: str) -> None:
        if tag in _LINES:
            self.pieces.append("\n\n" if tag in _PARAGRAPHS else "\n")
        if tag in _CELLS:
            self.pieces.append(" ")

    def _end_link(self, address: str, begin: int) -> None:
        text = "".join(self.pieces[begin:]).strip()
        if address and not address.startswith("#") and text != address:
            self.pieces.append(f" ({address})" if text else address)
