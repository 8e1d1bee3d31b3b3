"""What an event says: a deep link is decoded here, once its user is known; all else is taken as it came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from cueline import events
from cueline.deeplinks import Refusal, parse, verify
from cueline.engine.live import Live
from cueline.events import Event, Payload

LINK_USED = "link_used"


class Decoded(Struct, frozen=True):
    """An event, read. `refusal`: why it triggers nothing. `signature`, `nonce`: of a good signed link."""

    type: str
    payload: Payload
    source: str
    action: str | None = None
    verb: str | None = None
    link: str | None = None
    refusal: str | None = None
    signature: str | None = None
    nonce: str | None = None

    def triggers(self) -> list[tuple[str, str]]:
        """Under which (kind, name) campaigns may wait for it."""
        found = [("event", self.type)]
        if self.verb is not None:
            found.insert(0, ("link", self.verb))
        if self.action is not None:
            found.insert(0, ("action", self.action))
        return found


def decode(event: Event, live: Live) -> Decoded:
    if event.type == events.DEEP_LINK:
        return _decode_link(event, live)
    action = events.action_name(event.type, event.payload)
    return Decoded(event.type, event.payload, event.source, action=action)


def link_of(event: Event) -> str | None:
    """The raw link of a deep_link event."""
    link = event.payload.get("link")
    return link if event.type == events.DEEP_LINK and isinstance(link, str) else None


def _decode_link(event: Event, live: Live) -> Decoded:
    link = link_of(event) or ""
    parsed = parse(link)
    if isinstance(parsed, Refusal):
        return Decoded(event.type, event.payload, event.source, link=link, refusal=parsed.error)
    if parsed.verb != "action":
        return Decoded(event.type, dict(parsed.params), event.source, verb=parsed.verb, link=link)
    verdict = verify(parsed, workspace_id=live.workspace_id, secrets=live.link_secrets, received_ms=event.received_ms)
    # A server is trusted by its key; what it repeats of a link's signature adds nothing.
    is_signed = verdict.state == "good" and event.source == events.LINK
    return Decoded(
        events.CLIENT_ACTION,
        _action_payload(verdict.params),
        events.SIGNED_LINK if is_signed else event.source,
        action=verdict.params["action"],
        verb=parsed.verb,
        link=link,
        refusal=verdict.reason if event.source == events.LINK else None,
        signature=verdict.signature if is_signed else None,
        nonce=verdict.nonce if is_signed else None,
    )


def _action_payload(params: Mapping[str, str]) -> dict[str, Any]:
    """A client action's payload: its name, and the link's other parameters as text."""
    others = {key: value for key, value in params.items() if key not in ("action", "client_action")}
    return {"client_action": params["action"], **others}
