"""A run while its effects are applied: the hand that effects use to change state and decide deliveries."""

from __future__ import annotations

from typing import Any

from cueline.conditions import Scope, lookup
from cueline.engine import profile
from cueline.engine.case import Case
from cueline.engine.outcome import Delivery, LedgerEntry


class RunStep:
    """What `campaigns.effects` call a Step. `steps` is the run's record of what it did, in order."""

    def __init__(self, case: Case, scope: Scope) -> None:
        self.run_id = case.state.new_id()
        self.steps: list[dict[str, Any]] = []
        self._case = case
        self._scope = scope

    def lookup(self, path: str) -> Any:
        return lookup(self._scope, path)

    def deliver(self, channel: str, template: str) -> None:
        delivery = Delivery(
            self._case.state.new_id(),
            self._case.event.workspace_id,
            self.run_id,
            self._case.user.id,
            self._case.event.id,
            channel,
            template,
            self._case.event.hops,
            self._case.moment_ms,
        )
        self._case.out.deliveries.append(delivery)
        self._note("send", template=template, channel=channel, delivery=str(delivery.id))

    def add_tag(self, tag: str) -> None:
        reason = profile.add_tags(self._case.user, [tag], writer=profile.CAMPAIGN)
        self._note("tag", add=[tag], **_because(reason))

    def remove_tag(self, tag: str) -> None:
        reason = profile.remove_tags(self._case.user, [tag], writer=profile.CAMPAIGN)
        self._note("tag", remove=[tag], **_because(reason))

    def add_points(self, amount: int, currency: str) -> None:
        entry = LedgerEntry(
            self._case.state.new_id(),
            self._case.event.workspace_id,
            self._case.user.id,
            currency,
            amount,
            self.run_id,
            self._case.moment_ms,
        )
        self._case.out.ledger.append(entry)
        self._case.user.points[currency] = self._case.user.points.get(currency, 0) + amount
        self._case.user.touch()
        self._note("points", amount=amount, currency=currency)

    def set_property(self, name: str, value: Any) -> None:
        reason = profile.set_properties(self._case.user, {name: value}, writer=profile.CAMPAIGN)
        self._note("set", property=name, value=value, **_because(reason))

    def _note(self, effect: str, **what: Any) -> None:
        self.steps.append({"effect": effect, **what})


def _because(reason: str | None) -> dict[str, str]:
    return {"reason": reason} if reason else {}
