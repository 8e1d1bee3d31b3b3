"""A run while its effects are applied: the hand that effects use to change state and decide deliveries."""

from __future__ import annotations

from typing import Any

from cueline.conditions import Scope, lookup
from cueline.engine import profile
from cueline.engine.outcome import Delivery, LedgerEntry, Outcome
from cueline.engine.state import State, UserState
from cueline.events import Event


class RunStep:
    """What `campaigns.effects` call a Step. `steps` is the run's record of what it did, in order."""

    def __init__(
        self,
        run_id: int,
        *,
        event: Event,
        scope: Scope,
        user: UserState,
        state: State,
        out: Outcome,
        moment_ms: int,
    ) -> None:
        self.run_id = run_id
        self.steps: list[dict[str, Any]] = []
        self._event = event
        self._scope = scope
        self._user = user
        self._state = state
        self._out = out
        self._moment_ms = moment_ms

    def lookup(self, path: str) -> Any:
        return lookup(self._scope, path)

    def deliver(self, channel: str, template: str) -> None:
        delivery = Delivery(
            self._state.new_id(),
            self._event.workspace_id,
            self.run_id,
            self._user.id,
            self._event.id,
            channel,
            template,
            self._event.hops,
            self._moment_ms,
        )
        self._out.deliveries.append(delivery)
        self._note("send", template=template, channel=channel, delivery=str(delivery.id))

    def add_tag(self, tag: str) -> None:
        reason = profile.add_tags(self._user, [tag], writer=profile.CAMPAIGN)
        self._note("tag", add=[tag], **_because(reason))

    def remove_tag(self, tag: str) -> None:
        reason = profile.remove_tags(self._user, [tag], writer=profile.CAMPAIGN)
        self._note("tag", remove=[tag], **_because(reason))

    def add_points(self, amount: int, currency: str) -> None:
        entry = LedgerEntry(
            self._state.new_id(),
            self._event.workspace_id,
            self._user.id,
            currency,
            amount,
            self.run_id,
            self._moment_ms,
        )
        self._out.ledger.append(entry)
        self._user.points[currency] = self._user.points.get(currency, 0) + amount
        self._user.touch()
        self._note("points", amount=amount, currency=currency)

    def set_property(self, name: str, value: Any) -> None:
        reason = profile.set_properties(self._user, {name: value}, writer=profile.CAMPAIGN)
        self._note("set", property=name, value=value, **_because(reason))

    def _note(self, effect: str, **what: Any) -> None:
        self.steps.append({"effect": effect, **what})


def _because(reason: str | None) -> dict[str, str]:
    return {"reason": reason} if reason else {}
