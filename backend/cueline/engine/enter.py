"""Which campaigns an event starts, and for those with its trigger that it does not start: why not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from cueline import clock, events
from cueline.campaigns.entry import entry_key, may_enter
from cueline.campaigns.matching import LiveCampaign
from cueline.conditions import evaluate
from cueline.engine.decode import Decoded
from cueline.engine.live import Live
from cueline.engine.outcome import Outcome, Run
from cueline.engine.run import RunStep
from cueline.engine.state import State, UserState
from cueline.events import Event

# Explanations of "no" are kept for this many campaigns of an event; the rest is counted.
MAX_EXPLAINED: Final = 50

CONDITION: Final = "condition"
ALREADY_ENTERED: Final = "already_entered"
NO_ENTRY_KEY: Final = "no_entry_key"
NOT_EXPLAINED: Final = "not_explained"


def candidates(decoded: Decoded, live: Live) -> tuple[list[LiveCampaign], int]:
    """Campaigns whose trigger and indexed equality fit, by id; and how many the index left out."""
    found: list[LiveCampaign] = []
    left_out = 0
    for kind, name in decoded.triggers():
        fitting = live.index.candidates(kind, name, decoded.payload)
        found += fitting
        left_out += live.index.triggered(kind, name) - len(fitting)
    found.sort(key=lambda campaign: campaign.id)
    return found, left_out


def match(
    event: Event, decoded: Decoded, user: UserState, live: Live, state: State, out: Outcome, *, moment_ms: int
) -> list[dict[str, Any]]:
    """Enters every campaign that fits, in order of id: an earlier one's effects are seen by later conditions."""
    found, left_out = candidates(decoded, live)
    if not found and not left_out:
        return []
    meta = _meta(event, decoded)
    secret = live.rule_of(decoded.action).secret
    reports: list[dict[str, Any]] = []
    for campaign in found:
        scope = {"event": decoded.payload, "meta": meta, "user": user.scope()}
        if not campaign.holds(scope):
            if len(reports) < MAX_EXPLAINED:
                reports.append(_unmet(campaign, scope, secret))
            else:
                left_out += 1
            continue
        key, reason = _admission(campaign, event, decoded, user, state, moment_ms)
        if key is not None:
            _enter(campaign, key, event, scope, user, state, out, moment_ms)
        reports.append(_report(campaign, reason))
    if left_out:
        reports.append({"verdict": "not_entered", "reason": NOT_EXPLAINED, "count": left_out})
    return reports


def key_of(campaign: LiveCampaign, event: Event, decoded: Decoded) -> str | None:
    """What makes this entry unique for its user; None when the field that the policy names is missing."""
    return entry_key(campaign.rule.entry, event, signature=decoded.signature)


def _admission(
    campaign: LiveCampaign, event: Event, decoded: Decoded, user: UserState, state: State, moment_ms: int
) -> tuple[str | None, str | None]:
    """(entry key, None) or (None, reason)."""
    key = key_of(campaign, event, decoded)
    if key is None:
        return None, NO_ENTRY_KEY
    if (campaign.id, user.id, key) in state.entry_keys:
        return None, ALREADY_ENTERED
    earlier: Sequence[int] = state.entered.get((campaign.id, user.id), ())
    reason = may_enter(campaign.rule.entry, now_ms=moment_ms, at_ms=event.at_ms, earlier_ms=earlier)
    return (None, reason) if reason else (key, None)


def _enter(
    campaign: LiveCampaign,
    key: str,
    event: Event,
    scope: dict[str, Any],
    user: UserState,
    state: State,
    out: Outcome,
    moment_ms: int,
) -> None:
    step = RunStep(state.new_id(), event=event, scope=scope, user=user, state=state, out=out, moment_ms=moment_ms)
    for effect in campaign.rule.effects:
        effect.apply(step)
    run = Run(
        step.run_id,
        event.workspace_id,
        campaign.id,
        campaign.version_id,
        user.id,
        key,
        event.id,
        moment_ms,
        step.steps,
    )
    out.runs.append(run)
    state.entry_keys.add((campaign.id, user.id, key))
    state.entered.setdefault((campaign.id, user.id), []).append(moment_ms)


def _meta(event: Event, decoded: Decoded) -> dict[str, Any]:
    return {
        **event.context,
        "action": decoded.action,
        "type": decoded.type,
        "source": decoded.source,
        "verified": event.verified,
        "time": clock.to_iso(event.at_ms),
    }


def _report(campaign: LiveCampaign, reason: str | None) -> dict[str, Any]:
    report: dict[str, Any] = {
        "campaign": campaign.rule.key,
        "version": campaign.version_id,
        "verdict": "not_entered" if reason else "entered",
    }
    if reason:
        report["reason"] = reason
    return report


def _unmet(campaign: LiveCampaign, scope: dict[str, Any], secret: frozenset[str]) -> dict[str, Any]:
    """Why a condition says no: its first leaf that does, with what was found there (masked if secret)."""
    report = _report(campaign, CONDITION)
    trace = evaluate(campaign.rule.where, scope).trace
    leaf = next((leaf for leaf in trace if not leaf.holds), trace[0] if trace else None)
    if leaf is not None:
        hidden = _is_secret(leaf.path, secret)
        report["leaf"] = {
            "path": leaf.path,
            "op": leaf.op,
            "wanted": leaf.wanted,
            "found": events.MASK if hidden and leaf.found is not None else leaf.found,
        }
    return report


def _is_secret(path: str, secret: frozenset[str]) -> bool:
    """A secret field hides itself, what lies in it and what holds it."""
    inner = path.removeprefix("event.")
    if inner == path:
        return False
    return any(f"{inner}.".startswith(f"{s}.") or f"{s}.".startswith(f"{inner}.") for s in secret)
