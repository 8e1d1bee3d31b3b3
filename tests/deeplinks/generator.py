"""Random texts that look enough like deep links and addresses to reach the corners of the grammar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from tests.deeplinks.vectors import cases

CHARACTERS = [
    *"aZ_5.-=&?#%+/:;!~ \t\n\v\f\r\x00\x1f\x7f\x85\xa0",
    "é",
    "K",
    "ſ",
    "İ",
    "\u2028",
    "\ufeff",
    "😀",
    "\U0010ffff",
]
SURROGATES = ["\ud800", "\udbff", "\udc00", "\udfff", "\ud83d\ude00", "\ude00\ud83d"]
PERCENT = [
    *[
        "%26",
        "%3D",
        "%3d",
        "%25",
        "%2525",
        "%2B",
        "%2b",
        "%20",
        "%00",
        "%0A",
        "%7F",
        "%C3%BC",
        "%C3",
        "%BC",
        "%ED%A0%80",
    ],
    *["%F0%9F%98%80", "%F4%90%80%80", "%C0%80", "%EF%BB%BF", "%zz", "%", "%4", "%41", "%5F", "%23", "%3F", "%2526"],
]
PREFIXES = ["dp:", "DP:", "dP:", "dp%3A", "Dp%3a", "dp%253A", "dp%253a", "dp%3", "dp", "dp%25", "dp:dp:", ""]
VERBS = [
    *[
        "action",
        "ACTION",
        "Action",
        "go",
        "GO",
        "inbox",
        "gf_missions",
        "constructor",
        "__proto__",
        "toString",
        "a" * 64,
    ],
    *[
        "b" * 65,
        "5go",
        "_x",
        "",
        " action ",
        "+action",
        "go%20",
        "/deposit",
        "//host",
        "http://x/",
        "HTTPS://x",
        "https:/x",
    ],
]
KEYS = [
    *[
        "action",
        "ACTION",
        "Action",
        "url",
        "URL",
        "target",
        "id",
        "ID",
        "Id",
        "x",
        "orderId",
        "sig",
        "nonce",
        "exp",
        "kid",
    ],
    *[
        "__proto__",
        "__PROTO__",
        "constructor",
        "Prototype",
        "toString",
        "hasOwnProperty",
        "%61ction",
        "a%5Bb%5D",
        "5x",
        "",
    ],
    *["k" * 64, "k" * 65, " action", "action ", "a+b", "_dp", "utm_source", "%5F%5Fproto%5F%5F", "İd"],
]
LONG = [
    "y" * 512,
    "y" * 513,
    "😀" * 512,
    "😀" * 513,
    "x" * 100,
    "x" * 101,
    "😀" * 100,
    "😀" * 101,
    "%41" * 100,
    "%C3%BC" * 101,
]
VALUES = [
    "",
    "A",
    "TEST5",
    "John+Doe",
    "John%20Doe",
    "1%2B1",
    "%20A",
    "A%20",
    "+A",
    "/deposit?a=b",
    "a=b",
    "100%",
    *LONG,
]
NAMES = ["_dp", "_smartico_dp", "_DP", "x_dp", "_dp_", "_dp%3D", "%5Fdp"]
PAGES = ["https://shop.example/", "https://shop.example/a/b.html", "/deposit", "", "https://é.example/;p", "x:y@z"]
ROUTES = ["", "/cashier", "!/cashier", "top", "/cashier?tab=2", "?", "&", "&&", "a=1", "?a=1&", "/r?&", "é"]
PARTS = [
    "a=1",
    "",
    "utm_source=m",
    "_dp=hello",
    "_dp=",
    "_dp",
    "x_dp=dp:inbox",
    "b=2?_dp=dp:inbox",
    "=",
    "id=5",
    "url=/x",
]


def links(random: Random) -> Iterator[str]:
    """Texts for `parse`, without end."""
    yield from _mixed(random, _link, [case["link"] for case in cases("links")])


def addresses(random: Random) -> Iterator[str]:
    """Texts for `capture`, without end."""
    yield from _mixed(random, _address, [case["href"] for case in cases("urls")])


def _mixed(random: Random, grammatical: Callable[[Random], str], known: list[str]) -> Iterator[str]:
    short = [text for text in known if len(text) < 400]
    while True:
        draw = random.random()
        if draw < 0.55:
            yield grammatical(random)
        elif draw < 0.75:
            yield _mutated(random, grammatical(random))
        elif draw < 0.95:
            yield _mutated(random, random.choice(short))
        else:
            yield _noise(random, random.randrange(12))


def _link(random: Random) -> str:
    pieces = [random.choice(PREFIXES) + random.choice(VERBS), *(_pair(random) for _ in range(_count(random)))]
    text = "&".join(pieces)
    if random.random() < 0.1:
        text = random.choice(CHARACTERS) + text + random.choice(CHARACTERS)
    return text


def _count(random: Random) -> int:
    draw = random.random()
    if draw < 0.03:
        return random.choice([31, 32, 33, 34])
    return random.randrange(5)


def _pair(random: Random) -> str:
    draw = random.random()
    if draw < 0.1:
        return random.choice(["", "=", "=x", "opt_in", "action", "x", "%"])
    value = random.choice(VALUES) if draw < 0.7 else _noise(random, random.randrange(5))
    return f"{random.choice(KEYS)}={value}"


def _address(random: Random) -> str:
    text = random.choice(PAGES)
    if random.random() < 0.7:
        text += "?" + _part(random, random.choice(["", "&", "a=1", "a=1&"]))
    if random.random() < 0.7:
        text += "#" + _part(random, random.choice(ROUTES))
    return text


def _part(random: Random, start: str) -> str:
    text = start
    for _ in range(random.randrange(4)):
        text += random.choice(["&", "&", "&&", "?", ""])
        text += _parameter(random) if random.random() < 0.7 else random.choice(PARTS)
    return text + random.choice(["", "", "", "&", "&&", "?", "&id=5", "&action=A", "&utm_source=m"])


def _parameter(random: Random) -> str:
    link = _link(random)
    draw = random.random()
    if draw < 0.5:
        link = _escaped(link)
    if draw < 0.1:
        link = link.replace("%", "%25")
    return f"{random.choice(NAMES[:2] if random.random() < 0.9 else NAMES)}={link}"


def _escaped(link: str) -> str:
    return link.replace("%", "%25").replace("&", "%26").replace("=", "%3D").replace(":", "%3A").replace(" ", "+")


def _mutated(random: Random, text: str) -> str:
    for _ in range(random.randrange(1, 4)):
        at = random.randrange(len(text) + 1)
        until = at + random.choice([0, 0, 0, 1, 1, 5])
        text = text[:at] + _noise(random, random.choice([0, 1, 1, 2])) + text[until:]
    return text if random.random() < 0.9 else text + text[random.randrange(len(text) + 1) :]


def _noise(random: Random, length: int) -> str:
    return "".join(_fragment(random) for _ in range(length))


def _fragment(random: Random) -> str:
    kinds = (CHARACTERS, PERCENT, PREFIXES, SURROGATES, KEYS, VALUES[:12], VERBS)
    (kind,) = random.choices(kinds, weights=(8, 8, 2, 1, 1, 1, 1))
    return str(random.choice(kind))
