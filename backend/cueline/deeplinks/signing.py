"""Signed links: a shop's server vouches for an `action` link with a secret it shares with the workspace.

`sig` is the hex HMAC-SHA256 of `canonical`, which covers the workspace and every other parameter. A signature
proves who wrote the link, not who opened it; that it works only once is kept where it is released, by its
nonce or by the signature itself.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from cueline.errors import CuelineError

from .build import require_readable, write_action_link
from .grammar import RESERVED_NAMES, Parsed, parse

_UNIX_SECONDS = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a link's signature is worth.

    `params` are the parameters without the reserved names. `reason` is the refusal's code: `unknown_kid`,
    `bad_signature` or `link_expired`. `signature` and `nonce` are those of a good link alone.
    """

    state: Literal["unsigned", "good", "refused"]
    params: dict[str, str]
    reason: str | None = None
    signature: str | None = None
    nonce: str | None = None


def canonical(workspace_id: int, parsed: Parsed) -> bytes:
    """The bytes that are signed: a version, the workspace, the verb, then each `key=value` but `sig`, by key."""
    pairs = sorted((key, value) for key, value in parsed.params.items() if key != "sig")
    lines = ["cueline-link-1", str(workspace_id), parsed.verb]
    lines += [f"{_percent(key)}={_percent(value)}" for key, value in pairs]
    return "\n".join(lines).encode()


def sign(
    link: str,
    *,
    workspace_id: int,
    secret: str,
    kid: str | None = None,
    exp_s: int | None = None,
    nonce: str | None = None,
) -> str:
    """The `action` link with its signature. `exp_s` is the unix second from which it is refused.

    Raises CuelineError for a link that cannot be read, is no `action`, or uses a reserved name itself.
    """
    params = _unsigned_params(link)
    extras = {"exp": None if exp_s is None else str(exp_s), "nonce": nonce, "kid": kid}
    params |= {name: value for name, value in extras.items() if value is not None}
    unsigned = parse(write_action_link(params))
    assert isinstance(unsigned, Parsed)  # write_action_link has read it
    return write_action_link({**params, "sig": _signature(canonical(workspace_id, unsigned), secret)})


def verify(parsed: Parsed, *, workspace_id: int, secrets: Mapping[str, str], received_ms: int) -> Verdict:
    """Judge a link by the workspace's link secrets (`kid` -> secret), at the time the event was received.

    Every secret that comes into question is tried, and compared in constant time.
    """
    if parsed.verb != "action":
        return Verdict("unsigned", dict(parsed.params))
    params = {key: value for key, value in parsed.params.items() if key not in RESERVED_NAMES}
    if "sig" not in parsed.params:
        return Verdict("unsigned", params)
    candidates = _candidates(parsed.params.get("kid"), secrets)
    if candidates is None:
        return Verdict("refused", params, "unknown_kid")
    signature = _matching(parsed, workspace_id=workspace_id, secrets=candidates)
    if signature is None:
        return Verdict("refused", params, "bad_signature")
    if _is_expired(parsed.params.get("exp"), received_ms):
        return Verdict("refused", params, "link_expired")
    return Verdict("good", params, signature=signature, nonce=parsed.params.get("nonce") or None)


def _unsigned_params(link: str) -> dict[str, str]:
    require_readable(link)
    parsed = parse(link)
    if not isinstance(parsed, Parsed) or parsed.verb != "action":
        raise CuelineError(f"Only action links are signed: {link!r} is none.", code="not_an_action_link")
    taken = [name for name in RESERVED_NAMES if name in parsed.params]
    if taken:
        message = f"The link {link!r} uses {', '.join(taken)} itself; leave it out, signing writes it."
        raise CuelineError(message, code="reserved_name")
    return dict(parsed.params)


def _candidates(kid: str | None, secrets: Mapping[str, str]) -> list[str] | None:
    """The secrets that may have made the signature; None when `kid` names none of them."""
    if kid is None:
        return list(secrets.values())
    return [secrets[kid]] if kid in secrets else None


def _matching(parsed: Parsed, *, workspace_id: int, secrets: Iterable[str]) -> str | None:
    """The signature as we write it (lower case), so that one link has one signature however it was spelled."""
    given = parsed.params["sig"].lower().encode("utf-8", "surrogatepass")
    message = canonical(workspace_id, parsed)
    matching: str | None = None
    for secret in secrets:
        expected = _signature(message, secret)
        if hmac.compare_digest(expected.encode(), given):
            matching = expected
    return matching


def _signature(message: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _is_expired(exp: str | None, received_ms: int) -> bool:
    """A time that cannot be read is past: nobody meant such a link to work for ever."""
    if exp is None:
        return False
    return not _UNIX_SECONDS.fullmatch(exp) or received_ms >= int(exp) * 1000


def _percent(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")
