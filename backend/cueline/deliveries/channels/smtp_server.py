"""CUELINE_SMTP_URL, read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from cueline.errors import ConfigError

_FORM: Final = "smtp://user:password@host:587?starttls=1 or smtps://user:password@host:465"
_PORTS: Final = {"smtp": 25, "smtps": 465}
_STARTTLS_PORT: Final = 587


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mails are handed over, and how."""

    host: str
    port: int
    tls: bool = False  # from the first byte
    starttls: bool = False  # demanded, not only when offered
    user: str | None = None
    password: str = field(default="", repr=False)


def read(url: str) -> SmtpServer:
    """Raises ConfigError, which names the variable and never shows the password.

    Default ports: 25, with `starttls=1` 587, for `smtps` 465. User name and password are percent-decoded.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _wrong(str(error)) from None
    if parts.scheme not in _PORTS:
        raise _wrong(f"the scheme is {parts.scheme!r}, not smtp or smtps")
    if not parts.hostname or parts.path.strip("/") or parts.fragment:
        raise _wrong("it must hold a host, and no path or fragment")
    starttls = _starttls(parts)
    user = None if parts.username is None else unquote(parts.username)
    default_port = _STARTTLS_PORT if starttls else _PORTS[parts.scheme]
    tls = parts.scheme == "smtps"
    return SmtpServer(parts.hostname, port or default_port, tls, starttls, user, unquote(parts.password or ""))


def _starttls(parts: SplitResult) -> bool:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    value = options.pop("starttls", "0")
    if options or value not in ("0", "1"):
        raise _wrong("the only option is starttls=1 (or 0)")
    if value == "1" and parts.scheme == "smtps":
        raise _wrong("smtps is encrypted from the start: leave starttls out")
    return value == "1"


def _wrong(words: str) -> ConfigError:
    return ConfigError(f"CUELINE_SMTP_URL: {words}. It must look like {_FORM}.")
