"""Where links in a rendered mail may lead.

Liquid escapes `<`, `>`, `&` and quotes, so a payload value cannot leave the attribute it stands in; but it can be
`javascript:…`. Such an address becomes `#`. What stands in the template itself is its author's and stays.
Addresses within CSS (`style`, `url()`) are not looked at: no mail program runs code from them.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

SCHEMES: Final = frozenset({"http", "https", "mailto", "tel", "cid"})
NOWHERE: Final = "#"

ADDRESSES: Final = frozenset(
    {"action", "archive", "background", "cite", "classid", "codebase", "data", "dynsrc", "formaction", "href", "icon"}
    | {"longdesc", "lowsrc", "manifest", "ping", "poster", "profile", "src", "srcdoc", "srcset", "usemap"}
    | {"xlink:href"}
)
# Several addresses between commas and white space.
_LISTS: Final = frozenset({"archive", "ping", "srcset"})

# As the HTML standard reads a tag (13.2.5.6 to 13.2.5.40). Comments are read too: Outlook's conditional ones count.
_SPACE = r"[\t\n\f\r ]"
_TAG = re.compile(r"<[a-zA-Z][^\t\n\f\r />]*")
_ATTRIBUTE = re.compile(
    rf"""(?:{_SPACE}|/)*+(?P<name>[^\t\n\f\r />][^\t\n\f\r />=]*+)"""
    rf"""(?:{_SPACE}*+={_SPACE}*+(?P<value>"[^"]*+"|'[^']*+'|[^\t\n\f\r >"'][^\t\n\f\r >]*+))?"""
)
_REFRESH = re.compile(r"(?i)[\d.;,\s]*(?:url\s*=\s*)?['\"]?(.*)", re.DOTALL)
_TAG_IN_TEMPLATE = re.compile(r"</?[a-zA-Z\ue000][^\t\n\f\r />]*")
_OUTPUT = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_LIQUID_TAG = re.compile(r"\{%.*?%\}", re.DOTALL)
_PLACE = re.compile(r"\ue000(\d+)\ue001")
_BEFORE_PATH = re.compile(r"[^/?#\\]*")


class _Attribute(NamedTuple):
    tag: str
    name: str
    value: str  # as written, with its quotes
    start: int
    end: int

    def text(self) -> str:
        return self.value[1:-1] if self.value[:1] in "\"'" else self.value


def neutralise(rendered: str, *, template: str = "") -> str:
    """`rendered` with addresses of other schemes than SCHEMES turned into `#`, else unchanged to the byte.

    An attribute that stands in `template` with the very same text is kept.
    """
    own = {(a.name, a.text()) for a in _attributes(template)}
    pieces, done = [], 0
    for attribute in _attributes(rendered):
        if _may_stay(attribute) or (attribute.name, attribute.text()) in own:
            continue
        quote = attribute.value[0] if attribute.value[0] in "\"'" else ""
        pieces += [rendered[done : attribute.start], quote, NOWHERE, quote]
        done = attribute.end
    return "".join([*pieces, rendered[done:]])


def unquoted_outputs(template: str) -> list[str]:
    """The `{{ … }}` of HTML that stand in a tag without quotes around: there a value with a space adds attributes."""
    outputs = _OUTPUT.findall(template)
    numbers = iter(range(len(outputs)))
    # Each output becomes one private character and its number: what is in it must not end a tag or an attribute.
    plain = _LIQUID_TAG.sub("", _OUTPUT.sub(lambda _: f"\ue000{next(numbers)}\ue001", template))
    bare = "".join(_bare_texts(plain))
    return [outputs[int(number)] for number in _PLACE.findall(bare)]


def _bare_texts(text: str) -> Iterator[str]:
    at = 0
    while tag := _TAG_IN_TEMPLATE.search(text, at):
        at = tag.end()
        yield tag[0]
        while found := _ATTRIBUTE.match(text, at):
            at = found.end()
            yield found["name"]
            if found["value"] and found["value"][0] not in "\"'":
                yield found["value"]


def is_allowed(address: str) -> bool:
    """Whether an address leads nowhere but to SCHEMES, or within the page, however a mail program may read it."""
    return all(_has_allowed_scheme(reading) for reading in _readings(address))


def _attributes(text: str) -> Iterator[_Attribute]:
    at = 0
    while tag := _TAG.search(text, at):
        at = tag.end()
        while found := _ATTRIBUTE.match(text, at):
            at = found.end()
            if found["value"] is not None:
                yield _Attribute(tag[0][1:].lower(), found["name"].lower(), found["value"], *found.span("value"))


def _may_stay(attribute: _Attribute) -> bool:
    text = attribute.text()
    if (attribute.tag, attribute.name) == ("meta", "content"):
        return is_allowed(_refresh_address(text))
    if attribute.name not in ADDRESSES:
        return True
    if attribute.name == "srcdoc":
        return False
    if attribute.name in _LISTS:
        return all(is_allowed(part) for part in re.split(r"[\s,]+", text))
    return is_allowed(text)


def _refresh_address(content: str) -> str:
    """Of `5; url=https://…`; of any other content of a <meta> nothing, unless it looks like an address."""
    if "url" not in html.unescape(content).lower():
        return ""
    found = _REFRESH.match(html.unescape(content))
    return found[1] if found else ""


def _readings(address: str) -> Iterator[str]:
    """The address as written, and as it reads once entities are decoded, also by who decodes too often."""
    for _ in range(3):
        yield address
        yield unicodedata.normalize("NFKC", address)
        address = html.unescape(address)
    yield address


def _has_allowed_scheme(address: str) -> bool:
    # Browsers drop tab, CR and LF anywhere and other controls at the start; we drop all that is not seen.
    seen = "".join(c for c in address if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf"))
    start = _BEFORE_PATH.match(seen)
    scheme, colon, _ = (start[0] if start else "").partition(":")
    return not colon or scheme.lower() in SCHEMES
