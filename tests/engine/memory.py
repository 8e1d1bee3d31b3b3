"""A memory store around the pure engine: what the drain does with SQL, in a few lines."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cueline import conditions, events
from cueline.campaigns import kinds
from cueline.campaigns.matching import Index, LiveCampaign
from cueline.engine import ActionRule, Live, Outcome, State, UserState, advance
from cueline.engine.outcome import Decided
from cueline.events import Event

HOLD_MS = 30 * 60_000


def live(*documents: dict[str, Any], actions: dict[str, ActionRule] | None = None, **more: Any) -> Live:
    campaigns = []
    for number, document in enumerate(documents, 1):
        rule = kinds.parse(document, at="campaign", problems=[])
        assert rule is not None, document
        campaigns.append(LiveCampaign(number, 1, 1, rule, conditions.compile(rule.where)))
    return Live(1, 1, HOLD_MS, Index.build(campaigns), actions or {}, **more)


@dataclass
class Memory:
    live: Live
    users: dict[tuple[int, str], UserState] = field(default_factory=dict)
    rows: dict[int, Decided] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    _ids: Any = field(default_factory=lambda: itertools.count(1_000_000))

    def run(self, batch: Sequence[Event]) -> Outcome:
        for event in batch:
            if event.user_ext_id is not None:
                key = (event.workspace_id, event.user_ext_id)
                self.users.setdefault(key, UserState(next(self._ids), *key))
        state = State({1: self.live}, lambda: next(self._ids), users=self.users, held=self._held())
        for run in (run for outcome in self.outcomes for run in outcome.runs):
            state.entry_keys.add((run.campaign_id, run.user_id, run.entry_key))
            state.entered.setdefault((run.campaign_id, run.user_id), []).append(run.entered_ms)
        state.nonces = {(n[0], n[1]) for outcome in self.outcomes for n in outcome.nonces}
        out = advance(batch, state)
        for id_, decided in out.decided.items():
            assert decided.was_held == (id_ in self.rows), "an event is inserted once, then updated"
            self.rows[id_] = decided
        self.outcomes.append(out)
        return out

    def _held(self) -> dict[tuple[int, str], list[Event]]:
        held: dict[tuple[int, str], list[Event]] = {}
        for _, row in sorted(self.rows.items()):
            if row.status == events.HELD and row.event.visitor_id is not None:
                held.setdefault((row.event.workspace_id, row.event.visitor_id), []).append(row.event)
        return held

    def ext_id(self, user_id: int | None) -> str | None:
        return next((key[1] for key, user in self.users.items() if user.id == user_id), None)
