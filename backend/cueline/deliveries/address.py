"""The address that a mail goes to: the user's property `email`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.errors import MessageError
from email.headerregistry import Address
from typing import Any

import idna

from cueline.deliveries import reasons
from cueline.errors import CuelineError

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LABELS = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*", re.IGNORECASE)


class Skip(CuelineError):
    """This delivery cannot be sent to this user; `code` is the reason."""


def mail_address(properties: Mapping[str, Any]) -> str:
    """One address, its domain in ASCII. Raises Skip (`no_address` or `bad_address`)."""
    value = properties.get("email")
    if value is None or (isinstance(value, str) and not value.strip()):
        raise Skip("", code=reasons.NO_ADDRESS)
    if not isinstance(value, str):
        raise _bad("it is not a text")
    if _CONTROL.search(value):
        raise _bad("it contains a control character")
    return _checked(value.strip())


def _checked(value: str) -> str:
    local, at, domain = value.rpartition("@")
    if not at or not local or not domain:
        raise _bad("it is not of the form name@domain")
    if not local.isascii():
        raise _bad("its part before the @ is not ASCII")
    if len(local) > 64:
        raise _bad("its part before the @ is longer than 64 characters")
    return _parsed(f"{local}@{_ascii(domain)}")


def _ascii(domain: str) -> str:
    try:
        plain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise _bad(f"its domain is not valid: {error}") from error
    if len(plain) > 253 or not _LABELS.fullmatch(plain):
        raise _bad("its domain is not valid")
    return plain.lower()


def _parsed(value: str) -> str:
    """Refuses what the local part hides, such as a second recipient or a comment."""
    try:
        address = Address(addr_spec=value)
    except (MessageError, ValueError, IndexError) as error:
        raise _bad("it is not one valid address") from error
    if address.addr_spec != value:
        raise _bad("it is not one valid address")
    return value


def _bad(words: str) -> Skip:
    return Skip(words, code=reasons.BAD_ADDRESS)
