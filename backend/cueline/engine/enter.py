"""Which campaigns an event starts, and for those with its trigger that it does not start: why not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from cueline import events
from cueline.campaigns.entry import entry_key, may_enter
from cueline.campaigns.matching import LiveCampaign
from cueline.campaigns.secrets import is_secret
from cueline.conditions import Moment
from cueline.engine.case import Case
from cueline.engine.decode import Decoded
from cueline.engine.live import Live
from cueline.engine.meta import Meta
from cueline.engine.outcome import Run
from cueline.engine.past import UserPast
from cueline.engine.run import RunStep
from cueline.engine.sightings import type_of
from cueline.engine.state import Read
from cueline.events import Event

# Explanations of "no" are kept for this many campaigns of an event; the rest is counted.
MAX_EXPLAINED: Final = 50
# Characters of a value in an explanation.
MAX_FOUND: Final = 200

CONDITION: Final = "condition"
ALREADY_ENTERED: Final = "already_entered"
NO_ENTRY_KEY: Final = "no_entry_key"
NOT_EXPLAINED: Final = "not_explained"


def read_of(decoded: Decoded, live: Live) -> Read:
    """With the campaigns whose trigger and indexed equality fit, by id; and how many the index left out."""
    found: list[LiveCampaign] = []
    left_out = 0
    for kind, name in decoded.triggers():
        fitting = live.index.candidates(kind, name, decoded.payload)
        found += fitting
        left_out += live.index.triggered(kind, name) - len(fitting)
    found.sort(key=lambda campaign: campaign.id)
    return Read(decoded, found, left_out)


def match(case: Case) -> list[dict[str, Any]]:
    """Enters every campaign that fits, in order of id: an earlier one's effects are seen by later conditions."""
    read = case.state.read.get(case.event.id) or read_of(case.decoded, case.live)
    found, left_out = read.candidates, read.left_out
    if not found and not left_out:
        return []
    shared = {
        "event": case.decoded.payload,
        "meta": Meta(case),
        "moment": _moment_of(case),
        "history": UserPast(case.state.past, user_id=case.user.id, live=case.live),
    }
    secret = case.live.rule_of(case.decoded.action).secret
    reports: list[dict[str, Any]] = []
    for campaign in found:
        scope = {**shared, "user": case.user.scope()}
        if campaign.holds(scope):
            reports.append(_report(campaign, _try_to_enter(case, campaign, scope)))
        elif len(reports) < MAX_EXPLAINED:
            reports.append(_unmet(campaign, scope, secret))
        else:
            left_out += 1
    if left_out:
        reports.append({"verdict": "not_entered", "reason": NOT_EXPLAINED, "count": left_out})
    return reports


def _moment_of(case: Case) -> Moment:
    """Now is when the event is decided; the zone is the one that the user has told, else the workspace's."""
    return Moment(case.moment_ms, zone_name=case.user.properties.get("timezone"), default=case.live.zone)


def key_of(campaign: LiveCampaign, event: Event, decoded: Decoded, live: Live) -> str | None:
    """What makes this entry unique for its user; None when the field that the policy names is missing."""
    entry = campaign.rule.entry
    hidden = entry.key != "eid" and is_secret(entry.key, live.rule_of(decoded.action).secret)
    return entry_key(entry, event, signature=decoded.signature, zone=live.zone, is_hidden=hidden)


def _try_to_enter(case: Case, campaign: LiveCampaign, scope: dict[str, Any]) -> str | None:
    """None when the run began, else why it did not."""
    key = key_of(campaign, case.event, case.decoded, case.live)
    if key is None:
        return NO_ENTRY_KEY
    if (campaign.id, case.user.id, key) in case.state.entry_keys:
        return ALREADY_ENTERED
    earlier: Sequence[int] = case.state.entered.get((campaign.id, case.user.id), ())
    reason = may_enter(campaign.rule.entry, now_ms=case.moment_ms, at_ms=case.event.at_ms, earlier_ms=earlier)
    if reason is None:
        _enter(case, campaign, key, scope)
    return reason


def _enter(case: Case, campaign: LiveCampaign, key: str, scope: dict[str, Any]) -> None:
    step = RunStep(case, scope)
    for effect in campaign.rule.effects:
        effect.apply(step)
    run = Run(
        step.run_id,
        case.event.workspace_id,
        campaign.id,
        campaign.version,
        case.user.id,
        key,
        case.event.id,
        case.moment_ms,
        step.steps,
    )
    case.out.runs.append(run)
    case.state.entry_keys.add((campaign.id, case.user.id, key))
    case.state.entered.setdefault((campaign.id, case.user.id), []).append(case.moment_ms)


def _report(campaign: LiveCampaign, reason: str | None) -> dict[str, Any]:
    report: dict[str, Any] = {
        "campaign": campaign.rule.key,
        "version": campaign.version,
        "verdict": "not_entered" if reason else "entered",
    }
    if reason:
        report["reason"] = reason
    return report


def _unmet(campaign: LiveCampaign, scope: dict[str, Any], secret: frozenset[str]) -> dict[str, Any]:
    """Why a condition says no: its first leaf that does, with what was found there (masked if secret)."""
    report = _report(campaign, CONDITION)
    leaf = campaign.why_not(scope)
    if leaf is not None:
        hidden = bool(secret) and is_secret(leaf.path, secret)
        report["leaf"] = {
            "path": leaf.path,
            "op": leaf.op,
            "wanted": leaf.wanted,
            "found": events.MASK if hidden and leaf.found is not None else _short(leaf.found),
        }
    return report


def _short(found: Any) -> Any:
    """An explanation is kept with the event for each campaign: long values are cut, nested ones named."""
    if isinstance(found, str) and len(found) > MAX_FOUND:
        return found[:MAX_FOUND] + "…"
    if isinstance(found, list | dict) and len(str(found)) > MAX_FOUND:
        return f"({type_of(found)} of {len(found)})"
    return found
