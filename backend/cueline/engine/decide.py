"""The step: hold what has no user, release it at login, decide each event exactly once, in order."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from cueline import events
from cueline.engine import profile, sightings
from cueline.engine.case import Case
from cueline.engine.decode import LINK_USED, decode, link_of
from cueline.engine.enter import match
from cueline.engine.live import Live
from cueline.engine.outcome import Decided, Outcome, Visit
from cueline.engine.past import PastEvent
from cueline.engine.state import State, UserState
from cueline.events import Event, Payload
from cueline.triggers import Trigger

SOURCE_NOT_ALLOWED = "source_not_allowed"
TOO_MANY_HOPS = "too_many_hops"
HOLD_TIME = "hold_time"


def advance(batch: Iterable[Event], state: State) -> Outcome:
    """Takes the batch's events in order. `state` must hold every user, held event and entry they may touch."""
    out = Outcome()
    for event in batch:
        _take(event, state, out)
    return out


def _take(event: Event, state: State, out: Outcome) -> None:
    live = state.lives[event.workspace_id]
    if event.user_ext_id is None:
        _note_visit(event, None, out)
        _hold(event, state, out)
        return
    user = state.users[event.workspace_id, event.user_ext_id]
    user.last_seen_ms = max(user.last_seen_ms, event.received_ms)
    _note_visit(event, user, out)
    _release(event, user, live, state, out)
    _decide(_case(event, user, live, state, out, moment_ms=event.received_ms))


def _hold(event: Event, state: State, out: Outcome) -> None:
    action = events.action_name(event.type, event.payload)
    if action is not None:
        _note_action(event, action, event.payload, out)
    held = Decided(event, event.type, event.payload, event.source, events.HELD, action=action, link=link_of(event))
    _record(held, out)
    if event.visitor_id is not None:
        state.held.setdefault((event.workspace_id, event.visitor_id), []).append(event)


def _release(event: Event, user: UserState, live: Live, state: State, out: Outcome) -> None:
    """Every held event of the visitor goes to this user, before the event that names him."""
    if event.visitor_id is None:
        return
    for held in state.held.pop((event.workspace_id, event.visitor_id), ()):
        if held.received_ms < event.received_ms - live.hold_ms:
            _record(_expired(held, event.received_ms), out)
        else:
            named = replace(held, user_ext_id=user.ext_id)
            _decide(_case(named, user, live, state, out, moment_ms=event.received_ms), was_held=True)


def _case(event: Event, user: UserState, live: Live, state: State, out: Outcome, *, moment_ms: int) -> Case:
    """The event, read: a link's parameters are its payload from here on."""
    read = state.read.get(event.id)
    decoded = decode(event, live) if read is None else read.decoded
    if decoded.link is not None:
        event = replace(event, payload=decoded.payload)
    return Case(event, decoded, user, live, state, out, moment_ms)


def _decide(case: Case, *, was_held: bool = False) -> None:
    event, decoded = case.event, case.decoded
    decided = _decided(case, was_held=was_held)
    if decoded.action is not None and not (was_held and decoded.link is None):
        _note_action(event, decoded.action, decoded.payload, case.out)
    decided.reason = _refusal(case)
    if decided.reason is not None:
        decided.status = events.REFUSED
    else:
        _use_nonce(case)
        _remember(case)
        decided.reason = profile.change(case.user, event, decoded.payload)
        before = len(case.out.runs)
        decided.matches = match(case)
        if len(case.out.runs) > before:
            decided.status = events.MATCHED
    _record(decided, case.out)


def _refusal(case: Case) -> str | None:
    decoded = case.decoded
    if decoded.refusal is not None:
        return decoded.refusal
    allowed = case.live.rule_of(decoded.action).sources
    if allowed is not None and decoded.source not in allowed:
        return SOURCE_NOT_ALLOWED
    if decoded.nonce is not None and (case.event.workspace_id, decoded.nonce) in case.state.nonces:
        return LINK_USED
    return TOO_MANY_HOPS if case.event.hops > events.MAX_HOPS else None


def _remember(case: Case) -> None:
    """From here on the event is one of the user's past, for its own campaigns as well."""
    past, event, decoded = case.state.past, case.event, case.decoded
    if not past:
        return
    one = PastEvent(
        *(event.id, event.at_ms, decoded.type, decoded.action),
        *(decoded.source, event.verified, decoded.payload, event.context),
    )
    for kind, name in decoded.triggers():
        known = past.get((case.user.id, Trigger(kind, name)))
        if known is not None:
            known.append(one)


def _use_nonce(case: Case) -> None:
    nonce = case.decoded.nonce
    if nonce is not None:
        case.state.nonces.add((case.event.workspace_id, nonce))
        case.out.nonces.append((case.event.workspace_id, nonce, case.event.id, case.moment_ms))


def _decided(case: Case, *, was_held: bool) -> Decided:
    decoded = case.decoded
    return Decided(
        case.event,
        decoded.type,
        decoded.payload,
        decoded.source,
        events.UNMATCHED,
        action=decoded.action,
        verb=decoded.verb,
        link=decoded.link,
        user_id=case.user.id,
        decided_ms=case.moment_ms,
        was_held=was_held,
    )


def _expired(held: Event, moment_ms: int) -> Decided:
    return Decided(
        held,
        held.type,
        held.payload,
        held.source,
        events.EXPIRED,
        action=events.action_name(held.type, held.payload),
        link=link_of(held),
        reason=HOLD_TIME,
        decided_ms=moment_ms,
        was_held=True,
    )


def _record(decided: Decided, out: Outcome) -> None:
    """An event held earlier in this same batch has no row yet: it is inserted with its last word."""
    earlier = out.decided.get(decided.event.id)
    if earlier is not None:
        decided.was_held = earlier.was_held
    out.decided[decided.event.id] = decided


def _note_action(event: Event, action: str, payload: Payload, out: Outcome) -> None:
    sightings.note(
        out,
        workspace_id=event.workspace_id,
        action=action,
        payload=payload,
        received_ms=event.received_ms,
    )


def _note_visit(event: Event, user: UserState | None, out: Outcome) -> None:
    if event.visitor_id is None:
        return
    key = (event.workspace_id, event.visitor_id)
    visit = out.visits.get(key)
    if visit is None:
        visit = out.visits[key] = Visit(event.received_ms, event.received_ms)
    elif event.received_ms > visit.last_ms:
        visit.last_ms = event.received_ms
    if user is not None:
        visit.user_id = user.id
