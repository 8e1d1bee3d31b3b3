"""The link layer: `dp:<verb>[&key=value]*` as text -> verb and parameters, or the code of its first error.

`static/sdk/src/deep-link.js` is the same grammar in JavaScript; tests/deeplinks/test_agreement.py holds the
two together, so whoever changes one file changes the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

LINK_LIMIT = 2048  # code points, as are the two below
VALUE_LIMIT = 512
ACTION_LIMIT = 100
PAIR_LIMIT = 32
WHITE_SPACE = " \t\n\v\f\r"
RESERVED_NAMES = ("sig", "exp", "nonce", "kid")  # of `action` links; here they are parameters like others

_DECLARED = {"action": ("action",), "go": ("url", "target")}
_DECLARED_BY_OTHERS = ("id",)

# re.ASCII: without it "any case" would let U+017F pass for an "s", which JavaScript does not.
_PREFIX = re.compile(r"dp:", re.IGNORECASE | re.ASCII)
_ADDRESS = re.compile(r"https?://|/", re.IGNORECASE | re.ASCII)
_VERB = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_DANGEROUS_KEYS = frozenset({"__proto__", "prototype", "constructor"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A link that can be read: its verb in lower case, its parameters decoded, the last of a repeated key."""

    verb: str
    params: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        return {"verb": self.verb, "params": dict(self.params)}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A link that cannot be read; `error` is the stable code of the first thing that is wrong with it."""

    error: str

    def as_dict(self) -> dict[str, Any]:
        return {"error": self.error}


def parse(link: str) -> Parsed | Refusal:
    """Read a deep link. Any text is fine and gives either its meaning or the code of its first error."""
    text = pair_surrogates(link).strip(WHITE_SPACE)
    if not text:
        return Refusal("empty")
    if len(text) > LINK_LIMIT:
        return Refusal("too_long")
    if _CONTROL.search(text):
        return Refusal("control_character")
    prefix = _PREFIX.match(text)
    body = text[prefix.end() :] if prefix else text
    if is_address(body):
        return Parsed("go", {"url": body})
    return _parse_body(body) if prefix else Refusal("not_a_deep_link")


def is_address(text: str) -> bool:
    """Whether the text, without `dp:`, is the short form of a `go`: a path or an http(s) address."""
    return _ADDRESS.match(text) is not None


def declared_names(verb: str) -> tuple[str, ...]:
    """The parameter names that a verb (in lower case) knows by itself; they are found in any case."""
    return _DECLARED.get(verb, _DECLARED_BY_OTHERS)


def decode_percent(text: str) -> str:
    """Percent-decode once and as a whole; what is not valid percent-encoded UTF-8 stays as written."""
    if "%" not in text or _BROKEN_PERCENT.search(text):
        return text
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def pair_surrogates(text: str) -> str:
    """Join the halves of a character that stand side by side, so that lengths are those JavaScript counts.

    A half alone stays: `json.loads` lets it through, and both languages carry it along as one character.
    """
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _parse_body(body: str) -> Parsed | Refusal:
    first, *pieces = body.split("&")
    verb = first.strip(WHITE_SPACE)
    if not _VERB.fullmatch(verb):
        return Refusal("bad_verb")
    verb = verb.lower()
    params = _read_pieces(pieces, declared_names(verb))
    if isinstance(params, Refusal):
        return params
    error = _action_error(params) if verb == "action" else None
    return Refusal(error) if error else Parsed(verb, params)


def _read_pieces(pieces: list[str], declared: tuple[str, ...]) -> dict[str, str] | Refusal:
    params: dict[str, str] = {}
    pairs = 0
    for piece in pieces:
        key, equals, value = piece.partition("=")
        if not key:
            continue
        pairs += 1
        name = _name(decode_percent(key), declared)
        text = decode_percent(value) if equals else "true"
        error = _pair_error(name, text, pairs=pairs)
        if error:
            return Refusal(error)
        params[name] = text
    return params


def _name(key: str, declared: tuple[str, ...]) -> str:
    folded = key.lower()
    return folded if folded in declared else key


def _pair_error(name: str, value: str, *, pairs: int) -> str | None:
    if not _KEY.fullmatch(name) or name.lower() in _DANGEROUS_KEYS:
        return "bad_key"
    if _CONTROL.search(value):
        return "control_character"
    if len(value) > VALUE_LIMIT:
        return "value_too_long"
    return "too_many_parameters" if pairs > PAIR_LIMIT else None


def _action_error(params: dict[str, str]) -> str | None:
    action = params.get("action")
    if action is None:
        return "missing_action"
    if not action or len(action) > ACTION_LIMIT or action != action.strip(WHITE_SPACE):
        return "bad_action"
    return None
