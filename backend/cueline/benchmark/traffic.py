"""What the visitors of the benchmark's shop do; imports nothing, so that senders start fast."""

from __future__ import annotations

from typing import Any, Final

ACTIONS: Final = 20
VISITORS: Final = 2_000
FEWEST: Final = 10  # campaigns that every shop has


def action_of(number: int) -> str:
    """The trigger of campaign `number`."""
    return f"action_{number % ACTIONS}"


def payload_of(number: int, *, fits: bool) -> dict[str, Any]:
    """Of an event for campaign `number`, which starts it or only looks like it."""
    amount = 12 if fits else 5
    return {"client_action": action_of(number), "sku": f"sku-{number}", "amount": amount, "items": 3}
