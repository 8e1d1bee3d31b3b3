"""What happened: the event as every room behind the door sees it.

Times that end in `_ms` are UTC milliseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

Payload = Mapping[str, Any]

# How an event came.
BROWSER: Final = "browser"
LINK: Final = "link"
SIGNED_LINK: Final = "signed_link"
SERVER: Final = "server"
SYSTEM: Final = "system"
SOURCES: Final = (BROWSER, LINK, SIGNED_LINK, SERVER, SYSTEM)
TRUSTED_SOURCES: Final = frozenset({SIGNED_LINK, SERVER, SYSTEM})

# What became of it.
HELD: Final = "held"
MATCHED: Final = "matched"
UNMATCHED: Final = "unmatched"
REFUSED: Final = "refused"
EXPIRED: Final = "expired"
DEAD: Final = "dead"
STATUSES: Final = (HELD, MATCHED, UNMATCHED, REFUSED, EXPIRED, DEAD)

# Types with a meaning of their own; every other type is a custom name.
CLIENT_ACTION: Final = "client_action"
DEEP_LINK: Final = "deep_link"
LOGIN: Final = "login"
LOGOUT: Final = "logout"
PAGE: Final = "page"
UPDATE_PROFILE: Final = "update_profile"
TAGS: Final = "tags"

# Our own outcomes: refused at both doors, written by us with source `system`.
OUTCOMES: Final = frozenset({"email_sent", "email_kept", "email_failed", "email_skipped"})

SERVER_SENDER: Final = "s"
SYSTEM_SENDER: Final = "sys"
MAX_HOPS: Final = 8

MASK: Final = "•••"


def browser_sender(visitor_id: str) -> str:
    """Who may burn an eid: each visitor only his own."""
    return f"b:{visitor_id}"


class Event(Struct, frozen=True):
    """One event, as it entered the engine or came back out of SQL while held.

    A Struct because one is made for each event: a frozen dataclass of so many fields takes eight times as long.
    `user_ext_id` is the user its envelope named (None: the visitor was not logged in).
    `verified`: the envelope's user hash was good, or it came from a server or from us.
    `context`: url, referrer, title, language, timezone, sdk, as the page reported them.
    """

    id: int
    workspace_id: int
    sender: str
    eid: str
    type: str
    payload: Payload
    source: str
    at_ms: int
    received_ms: int
    visitor_id: str | None = None
    user_ext_id: str | None = None
    verified: bool = False
    hops: int = 0
    context: Mapping[str, str] = {}


def action_name(type_: str, payload: Payload) -> str | None:
    """The name of a client action, None for any other type."""
    if type_ != CLIENT_ACTION:
        return None
    name = payload.get("client_action")
    return name if isinstance(name, str) else None
