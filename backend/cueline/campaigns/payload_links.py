"""Whether a template lets the event decide where a link leads."""

from __future__ import annotations

import re
from typing import Final

from cueline.campaigns.spec import Template

# Attributes of HTML whose value is an address, or holds one.
_ADDRESS: Final = (
    "action|archive|background|cite|classid|codebase|content|data|dynsrc|formaction|href|icon|longdesc|lowsrc|"
    "manifest|ping|poster|profile|src|srcdoc|srcset|style|usemap"
)
_ATTRIBUTE = re.compile(rf"(?:{_ADDRESS})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]*))", re.IGNORECASE)
_STYLE_SHEET = re.compile(r"<style\b[^>]*>(.*?)</style>", re.IGNORECASE | re.DOTALL)
_LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_PLACE = re.compile(r"\ue000([0-9]+)\ue001")

# What the shop itself, or the user's own profile, filled in: no event decides it.
_HOUSE = re.compile(r"\{\{-?\s*(?:user|state|workspace|run)\s*[.\[]")
_PAYLOAD = re.compile(r"\bevent\b")
_OUTPUT = re.compile(r"\{\{|\{%-?\s*(?:echo|cycle|render|include|liquid)\b")


def puts_payload_in_link(template: Template) -> bool:
    """True when an address in the HTML holds an output that the event may fill.

    Whatever is not plainly a field of the user, the workspace or the run counts, also a variable that was
    assigned before: it may hold a payload field.
    """
    if not template.html:
        return False
    pieces = _LIQUID.findall(template.html)
    numbers = iter(range(len(pieces)))
    # Quotes within Liquid must not end an attribute: each piece becomes a number between two private characters.
    plain = _LIQUID.sub(lambda _: f"\ue000{next(numbers)}\ue001", template.html)
    places = {int(number) for address in _addresses(plain) for number in _PLACE.findall(address)}
    return any(_may_be_payload(pieces[number]) for number in places if number < len(pieces))


def _addresses(html: str) -> list[str]:
    attributes = ["".join(match.groups("")) for match in _ATTRIBUTE.finditer(html)]
    return attributes + [match[1] for match in _STYLE_SHEET.finditer(html)]


def _may_be_payload(piece: str) -> bool:
    if not _OUTPUT.match(piece):
        return False
    return _PAYLOAD.search(piece) is not None or _HOUSE.match(piece) is None
