"""Deliveries: the claims of the deliver jobs and the lists of the API.

A claim is a lease: `lease_token` and `lease_until_ms`. Every step of a delivery's life is one UPDATE that only hits
while the caller's token still stands, so whoever lost his lease changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, Update, and_, or_, select, text, update

from cueline.store.tables import campaigns, deliveries, events, runs, templates, users, workspaces

PENDING: Final = "pending"
SENDING: Final = "sending"
SENT: Final = "sent"
KEPT: Final = "kept"
FAILED: Final = "failed"
SKIPPED: Final = "skipped"
STATES: Final = (PENDING, SENDING, SENT, KEPT, FAILED, SKIPPED)
CLOSED: Final = frozenset({SENT, KEPT, FAILED, SKIPPED})

# SQLite takes a partial index only where the query repeats its condition word for word.
_OPEN = text("deliveries.state IN ('pending', 'sending')")

_UNLEASED: Final = {"lease_token": None, "lease_until_ms": None}


@dataclass(frozen=True, slots=True)
class Rendered:
    """What is sent: to whom and which texts. Stored with the first try, sent again unchanged."""

    to: str
    subject: str
    html: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A delivery as lists show it."""

    id: int
    channel: str
    template: str
    campaign: str
    run_id: int
    event_id: int
    user_ext_id: str
    state: str
    reason: str | None
    to: str | None
    subject: str | None
    html: str | None
    text: str | None
    attempts: int
    created_ms: int
    due_ms: int
    closed_ms: int | None


def page(
    connection: Connection,
    workspace_id: int,
    *,
    user: str | None = None,
    state: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Listed]:
    """The newest first. `user`: the shop's own id; `before`: the id that the page before ended with."""
    query = _listed().where(deliveries.c.workspace_id == workspace_id)
    if user is not None:
        query = query.where(users.c.ext_id == user)
    if state is not None:
        query = query.where(deliveries.c.state == state)
    if before is not None:
        query = query.where(deliveries.c.id < before)
    rows = connection.execute(query.order_by(deliveries.c.id.desc()).limit(limit))
    return [Listed(**row._mapping) for row in rows]


def find(connection: Connection, workspace_id: int, delivery_id: int) -> Listed | None:
    query = _listed().where(deliveries.c.workspace_id == workspace_id, deliveries.c.id == delivery_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Listed(**row._mapping)


def _listed() -> Select[Any]:
    own = (
        *("id", "channel", "template", "run_id", "event_id", "state", "reason", "to", "subject", "html", "text"),
        *("attempts", "created_ms", "due_ms", "closed_ms"),
    )
    return select(
        *(deliveries.c[name] for name in own),
        campaigns.c.key.label("campaign"),
        users.c.ext_id.label("user_ext_id"),
    ).select_from(_with_run_and_user())


def _with_run_and_user() -> Any:
    return (
        deliveries.join(users, users.c.id == deliveries.c.user_id)
        .join(runs, runs.c.id == deliveries.c.run_id)
        .join(campaigns, campaigns.c.id == runs.c.campaign_id)
    )


def claim(connection: Connection, *, token: str, now_ms: int, lease_until_ms: int, limit: int) -> list[int]:
    """Leases what is due and nobody's; the ids, the longest due first. No two callers get the same one."""
    due = (
        select(deliveries.c.id)
        .where(_OPEN, deliveries.c.state == PENDING, deliveries.c.due_ms <= now_ms, _is_free(now_ms))
        .order_by(deliveries.c.due_ms, deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.scalars(due))
    leased = {"lease_token": token, "lease_until_ms": lease_until_ms}
    connection.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(**leased))
    return ids


def _is_free(now_ms: int) -> ColumnElement[bool]:
    return or_(deliveries.c.lease_until_ms.is_(None), deliveries.c.lease_until_ms <= now_ms)


def contexts(connection: Connection, ids: Sequence[int]) -> list[Row[Any]]:
    """All that trying these deliveries needs, in the order of `ids`, in one query.

    `payload` or `document` is None when the event or the template is gone.
    """
    joined = (
        _with_run_and_user()
        .join(workspaces, workspaces.c.id == deliveries.c.workspace_id)
        .outerjoin(events, events.c.id == deliveries.c.event_id)
        .outerjoin(templates, _is_its_template())
    )
    query = select(
        deliveries,
        *(events.c.payload, templates.c.document),
        *(users.c.ext_id, users.c.properties, users.c.tags, users.c.points),
        *(campaigns.c.key.label("campaign"), runs.c.entered_ms, workspaces.c.name.label("workspace")),
    ).select_from(joined)
    rows = connection.execute(query.where(deliveries.c.id.in_(ids)))
    place = {delivery_id: n for n, delivery_id in enumerate(ids)}
    return sorted(rows, key=lambda row: place[row.id])


def _is_its_template() -> ColumnElement[bool]:
    return and_(templates.c.workspace_id == deliveries.c.workspace_id, templates.c.key == deliveries.c.template)


def start(
    connection: Connection, delivery_id: int, *, token: str, now_ms: int, lease_until_ms: int, rendered: Rendered
) -> bool:
    """To `sending`, with what is sent. False: the lease was lost, and nothing may be sent."""
    step = _held(delivery_id, token).where(deliveries.c.state == PENDING, deliveries.c.lease_until_ms > now_ms)
    return _hits(
        connection,
        step.values(
            state=SENDING,
            attempts=deliveries.c.attempts + 1,
            lease_until_ms=lease_until_ms,
            to=rendered.to,
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
        ),
    )


def close(
    connection: Connection,
    delivery_id: int,
    *,
    token: str,
    now_ms: int,
    state: str,
    reason: str | None,
    texts: Mapping[str, str | None] | None = None,
) -> bool:
    """To a closed state. False: the lease was lost, and somebody else decided.

    `texts`: subject, html and text of a mail that was never started, for whoever asks why it did not come.
    """
    step = _held(delivery_id, token).where(deliveries.c.state.in_((PENDING, SENDING)))
    closed = {"state": state, "reason": reason, "closed_ms": now_ms}
    return _hits(connection, step.values({**closed, **(texts or {}), **_UNLEASED}))


def put_off(connection: Connection, delivery_id: int, *, token: str, due_ms: int, reason: str | None) -> bool:
    """Back to `pending`, to be tried again at `due_ms`; `reason` says why it waits. False: the lease was lost."""
    step = _held(delivery_id, token).where(deliveries.c.state.in_((PENDING, SENDING)))
    return _hits(connection, step.values(state=PENDING, reason=reason, due_ms=due_ms, **_UNLEASED))


def release(connection: Connection, ids: Iterable[int], *, token: str, due_ms: int | None = None) -> None:
    """Gives claims back that were not started; with `due_ms`, they are not due before it."""
    later = {} if due_ms is None else {"due_ms": due_ms}
    step = update(deliveries).where(deliveries.c.id.in_(list(ids)), deliveries.c.lease_token == token)
    connection.execute(step.where(deliveries.c.state == PENDING).values(**_UNLEASED, **later))


def _held(delivery_id: int, token: str) -> Update:
    return update(deliveries).where(deliveries.c.id == delivery_id, deliveries.c.lease_token == token)


def _hits(connection: Connection, step: Update) -> bool:
    return connection.execute(step).rowcount == 1


def crashed(connection: Connection, *, now_ms: int, limit: int) -> list[Row[Any]]:
    """Locks those whose lease ran out while they were being sent; `document` is None without a template."""
    ids = connection.scalars(
        select(deliveries.c.id)
        .where(_OPEN, deliveries.c.state == SENDING, deliveries.c.lease_until_ms <= now_ms)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    return contexts(connection, ids) if ids else []


def unreported(connection: Connection, *, closed_by_ms: int, limit: int) -> list[int]:
    """Closed ones whose outcome has not gone in at the door, the oldest first."""
    query = (
        select(deliveries.c.id)
        .where(text("deliveries.closed_ms IS NOT NULL AND deliveries.reported_ms IS NULL"))
        .where(deliveries.c.closed_ms <= closed_by_ms)
        .order_by(deliveries.c.closed_ms)
        .limit(limit)
    )
    return list(connection.scalars(query))


def outcomes(connection: Connection, ids: Sequence[int]) -> list[Row[Any]]:
    """What an outcome event tells of each of these deliveries."""
    own = ("id", "workspace_id", "channel", "template", "state", "reason", "hops", "closed_ms")
    query = select(
        *(deliveries.c[name] for name in own), campaigns.c.key.label("campaign"), users.c.ext_id
    ).select_from(_with_run_and_user())
    return list(connection.execute(query.where(deliveries.c.id.in_(ids)).order_by(deliveries.c.id)))


def mark_reported(connection: Connection, ids: Sequence[int], *, now_ms: int) -> None:
    connection.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(reported_ms=now_ms))
