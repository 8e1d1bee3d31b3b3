"""Bodies for the two doors: good ones, and what a random generator makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

WRITE_KEY = "wk_fuzz"
SECRET_KEY = "sk_fuzz-fuzz-fuzz-fuzz"

_PAYLOADS: list[tuple[str, Any]] = [
    ("client_action", {"client_action": "CashierSubmitClicked", "amount": 12.5, "list": [1, {"deep": [None, True]}]}),
    ("client_action", {"action": "A b", "emoji": "😀", "big": 2**63, "small": -(2**63)}),
    ("deep_link", {"link": "dp:action&action=TEST5&prize=ABC"}),
    ("login", {"properties": {"first_name": "Ada"}}),
    ("update_profile", {"properties": {"email": "ada@shop.example"}}),
    ("tags", {"op": "add", "values": ["vip", "piggy"]}),
    ("logout", {}),
    ("page", {"title": "é\n"}),
]


def _collected(*events: dict[str, Any], **more: Any) -> bytes:
    envelope = {"key": WRITE_KEY, "visitor_id": "v1", "sent_at": 1_763_890_000_000, "events": list(events)}
    return json.dumps(envelope | more, ensure_ascii=False).encode()


def _page_events() -> list[dict[str, Any]]:
    return [{"eid": f"e{i}", "type": type_, "payload": payload} for i, (type_, payload) in enumerate(_PAYLOADS)]


def _server_events() -> list[dict[str, Any]]:
    return [
        {"eid": f"e{i}", "event_type": type_, "user_ext_id": "42", "payload": payload}
        for i, (type_, payload) in enumerate(_PAYLOADS)
    ]


COLLECT = [
    _collected(
        *_page_events(), user={"id": "42", "hash": "1.ab"}, context={"url": "https://shop.example/", "sdk": "1"}
    ),
    *(_collected(event, user=None) for event in _page_events()),
    _collected({"eid": "e", "type": "page", "at": 1_763_889_999_000}, sent_at=1.5, x=1, context=[]),
]
EVENTS = [
    json.dumps(_server_events(), ensure_ascii=False).encode(),
    *(json.dumps(event).encode() for event in _server_events()),
    json.dumps([event | {"event_date": "2026-11-23T17:21:45+01:00"} for event in _server_events()[:3]]).encode(),
]
TOKENS = [
    *(b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-0", b"1E-400", b"18446744073709551616", b"9" * 30, b"9" * 5_000),
    *(b"null", b"true", b'""', b"[]", b"{}", b"[[]]", b'{"":0}', b"[" * 50, b"[" * 3_000, b'{"a":' * 40, b"]" * 50),
    *(b'"\\u0000"', b'"\\ud800"', b'"\\ud83d\\ude00"', b'"\\udc00\\ud800"', b"\\", b"\\u", b'"', b"\x00", b"\xff"),
    *(b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xf0\x9f\x98", b"\xe2\x80\xa8", b"\x7f", b"\r\n", b"\t", b"/", b",", b":"),
    *(b'"eid"', b'"type"', b'"at"', b'"payload"', b'"event_type"', b'"event_date"', b'"user_ext_id"', b'"events"'),
    *(b'"visitor_id"', b'"sent_at"', b'"user"', b'"context"', b'"key"', b'"properties"', b'"op"', b'"values"'),
    *(b'"email_sent"', b'"tags"', b'"login"', b'"deep_link"', b'"2026-13-01"', b'"0001-01-01"', b'"9999-12-31T23"'),
]
VALUES: list[Any] = [
    *(None, True, 0, -1, 0.1, 1e308, float("nan"), float("inf"), 2**64, -(2**64), 10**400, 1_763_890_000_000),
    *("", "a" * 129, "a" * 101, "\0", "\ud800", "\U0001f600", "\u2028", " a ", "a\nb", "login", "tags", "e1", "#0"),
    *([], {}, [[]], {"": {}}, ["a"] * 201, {str(i): i for i in range(201)}, {"\0": 1}, {"\ud800": "\udc00"}),
]


def mutate(random: Random, body: bytes, others: list[bytes]) -> bytes:
    """Another body: its JSON changed, or its bytes, a few times over."""
    for _ in range(random.choice((1, 1, 2, 4))):
        change = _change_value if random.random() < 0.7 else random.choice(_BYTES)
        body = change(random, body, others)
    return body


def _change_value(random: Random, body: bytes, others: list[bytes]) -> bytes:
    try:
        found = json.loads(body)
        places = list(_places(found))
    except (ValueError, RecursionError):
        return _insert(random, body, others)
    if not places:
        return random.choice(others)
    container, name = random.choice(places)
    random.choice((_replace, _replace, _remove, _add))(random, container, name)
    return json.dumps(found, ensure_ascii=random.random() < 0.7).encode("utf-8", "surrogatepass")


def _places(value: Any) -> list[tuple[Any, Any]]:
    names = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    inner = [place for name in list(names) for place in _places(value[name])]
    return [(value, name) for name in names] + inner


def _replace(random: Random, container: Any, name: Any) -> None:
    container[name] = random.choice(VALUES)


def _remove(random: Random, container: Any, name: Any) -> None:
    del container[name]


def _add(random: Random, container: Any, name: Any) -> None:
    if isinstance(container, list):
        container.append(container[name])
    else:
        container[random.choice(("x", "", "\0", "\ud800", "at", "payload", "event_date", "a" * 200))] = container[name]


def _flip(random: Random, body: bytes, others: list[bytes]) -> bytes:
    if not body:
        return random.choice(others)
    at = random.randrange(len(body))
    return body[:at] + bytes((body[at] ^ 1 << random.randrange(8),)) + body[at + 1 :]


def _insert(random: Random, body: bytes, others: list[bytes]) -> bytes:
    at = random.randrange(len(body) + 1)
    return body[:at] + random.choice(TOKENS) + body[at:]


def _cut(random: Random, body: bytes, others: list[bytes]) -> bytes:
    start, end = sorted(random.randrange(len(body) + 1) for _ in range(2))
    return body[:start] + body[end:]


def _repeat(random: Random, body: bytes, others: list[bytes]) -> bytes:
    start, end = sorted(random.randrange(len(body) + 1) for _ in range(2))
    return body[:end] + body[start:end] + body[end:]


def _splice(random: Random, body: bytes, others: list[bytes]) -> bytes:
    other = random.choice(others)
    return body[: random.randrange(len(body) + 1)] + other[random.randrange(len(other) + 1) :]


_BYTES: tuple[Callable[[Random, bytes, list[bytes]], bytes], ...] = (_flip, _insert, _cut, _repeat, _splice)
