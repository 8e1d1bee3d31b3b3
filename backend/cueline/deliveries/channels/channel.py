"""What a channel is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cueline.store.deliveries import Rendered


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery as a channel gets it. The same `delivery_id` may come again after a failed try."""

    delivery_id: int
    now_ms: int
    rendered: Rendered


@dataclass(frozen=True, slots=True)
class Delivered:
    """How it ended well: the closed state (`sent` or `kept`) and its reason."""

    state: str
    reason: str | None = None


class Channel(Protocol):
    """A way out of the house, opened for one batch of deliveries and used by one thread."""

    def address(self, properties: Mapping[str, Any]) -> str:
        """Where a user with these properties is reached. Raises Skip."""

    def deliver(self, message: Message) -> Delivered:
        """Raises DeliveryError; with the code `unreachable`, nobody else's message would get through either."""

    def close(self) -> None:
        """Ends connections."""
