"""The user hash: how a shop's server vouches for the user whom a browser names.

hash = "<expiry, unix seconds>.<hex HMAC-SHA256(identity secret, user_ext_id + LF + expiry)>"
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final, Literal

import msgspec

OFF: Final = "off"
WARN: Final = "warn"
ENFORCE: Final = "enforce"

Verdict = Literal["good", "bad", "missing", "expired"]

_HASH: Final = re.compile(r"([0-9]{1,12})\.([0-9a-fA-F]{64})")


class Identity(msgspec.Struct, frozen=True, gc=False):
    """Whose events these are. `user_ext_id` None: the visitor's. `verdict` None: no user was named."""

    user_ext_id: str | None
    verified: bool
    verdict: Verdict | None
    is_ignored: bool


NOBODY: Final = Identity(None, False, None, False)


def make(user_id: str, secret: str, expiry_s: int) -> str:
    """What the shop's server computes at login, and hands to its page."""
    return f"{expiry_s}.{_signature(user_id, secret, str(expiry_s))}"


def check(user_id: str, hash: str | None, *, secret: str, now_ms: int) -> Verdict:
    """Good, bad, missing or (rightly signed, but) expired."""
    if not hash:
        return "missing"
    found = _HASH.fullmatch(hash)
    if found is None:
        return "bad"
    expiry, signature = found.groups()
    if not hmac.compare_digest(_signature(user_id, secret, expiry), signature.lower()):
        return "bad"
    return "expired" if int(expiry) * 1000 < now_ms else "good"


def identify(user_id: str | None, hash: str | None, *, mode: str, secret: str, now_ms: int) -> Identity:
    """What a workspace's mode makes of the user that an envelope names.

    `enforce` ignores a user without a good hash: the events are held as the visitor's, profile changes and tags too.
    `warn` and `off` believe every user; only a good hash makes one verified.
    """
    if user_id is None:
        return NOBODY
    verdict = check(user_id, hash, secret=secret, now_ms=now_ms)
    if verdict == "good":
        return Identity(user_id, True, verdict, False)
    if mode in (OFF, WARN):
        return Identity(user_id, False, verdict, False)
    return Identity(None, False, verdict, True)


def _signature(user_id: str, secret: str, expiry: str) -> str:
    return hmac.new(
        secret.encode(), f"{user_id}\n{expiry}".encode("utf-8", "surrogatepass"), hashlib.sha256
    ).hexdigest()
