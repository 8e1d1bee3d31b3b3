"""`cueline send`: one client action of a user, through the same checks as the REST door."""

from __future__ import annotations

import json
import uuid
from typing import Any

import click

from cueline.cli.stores import database, settings_for, streams, the_workspace
from cueline.clock import SystemClock
from cueline.errors import CuelineError
from cueline.intake.server import submit
from cueline.store.keys import Access
from cueline.store.session import reading
from cueline.store.workspaces import Workspace
from cueline.streams.stats import Stats


@click.command()
@click.argument("action")
@click.option("--user", required=True, metavar="ID", help="The user's id in your shop.")
@click.option("--payload", default="{}", metavar="JSON", help="An object, such as '{\"amount\": 12}'.")
@click.option("--eid", help="The event's id; the same id again changes nothing. Default: a random one.")
def send(action: str, user: str, payload: str, eid: str | None) -> None:
    """Report one client action of a user.

    Goes the way of the REST door: same checks, same answer, source `server`.
    """
    event = {
        "eid": eid or str(uuid.uuid4()),
        "user_ext_id": user,
        "event_type": "client_action",
        "payload": {**_object(payload), "client_action": action},
    }
    answer = _submit(json.dumps(event).encode())
    click.echo(json.dumps({"eid": event["eid"], **answer}, ensure_ascii=False))
    if answer.get("errors"):
        raise CuelineError("The event was not accepted: see `errors` above.")


def _submit(body: bytes) -> dict[str, Any]:
    settings = settings_for()
    with database(settings) as engine, reading(engine) as connection:
        access = _access(the_workspace(connection))
    with streams(settings) as redis:
        stats = Stats(redis)
        answer = submit(access, body, redis=redis, settings=settings, clock=SystemClock(), stats=stats)
        stats.flush()
    return answer


def _access(workspace: Workspace) -> Access:
    """Whoever may read our settings needs no key; the rate limits count him like one."""
    return Access(
        lookup="cli",
        kind="secret",
        workspace_id=workspace.id,
        scopes=("*",),
        origins=tuple(workspace.origins),
        identity_mode=workspace.identity_mode,
        identity_secret=workspace.identity_secret,
        rates=workspace.rates,
        hold_ms=workspace.hold_ms,
    )


def _object(payload: str) -> dict[str, Any]:
    try:
        read = json.loads(payload)
    except ValueError as error:
        raise CuelineError(f"--payload is no JSON: {error}. It was: {payload}") from error
    if not isinstance(read, dict):
        raise CuelineError(f'--payload must be a JSON object such as {{"amount": 12}}, not {payload}')
    return read
