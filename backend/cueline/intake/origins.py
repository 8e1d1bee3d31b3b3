"""Origins: how browsers name the site that a page belongs to, as in `https://shop.example`."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from cueline.errors import CuelineError

ANY: Final = "*"
_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")


def require_origin(text: str) -> str:
    """The text, when a browser may send just that as `Origin`. Raises CuelineError, with the way it is written."""
    written = _as_sent(text)
    if written is None:
        raise CuelineError(
            f"{text!r} is no origin: it is a scheme, a host and maybe a port, as in https://shop.example."
        )
    if written != text:
        raise CuelineError(f"Browsers do not write the origin {text!r} so. Did you mean {written}?")
    return text


def _as_sent(text: str) -> str | None:
    """Lower case, without path and without the port that the scheme means anyway; None for what is no address."""
    try:
        parts = urlsplit(text.strip())
        host, port = _host(parts), parts.port
    except ValueError:
        return None
    if not parts.scheme or host is None:
        return None
    is_usual = port is None or port == _PORTS.get(parts.scheme)
    return f"{parts.scheme}://{host}" + ("" if is_usual else f":{port}")


def _host(parts: SplitResult) -> str | None:
    """ValueError for a name that has no form for the wire."""
    name = parts.hostname
    if not name:
        return None
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name).compressed}]"
    host = name if name.isascii() else name.encode("idna").decode()
    return host if _HOST.fullmatch(host) else None
