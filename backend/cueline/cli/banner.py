"""What `up` prints once everything runs. Keys and the curl line stand alone on their lines, to be copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cueline import __version__
from cueline.cli.bootstrap import SECRET_KEY_FILE, Bootstrapped
from cueline.cli.failures import masked
from cueline.config import Settings


@dataclass(frozen=True, slots=True)
class Running:
    """What is worth knowing about a running `up`. `local`: its address on this machine."""

    settings: Settings
    made: Bootstrapped
    local: str
    is_local_only: bool
    is_secret_kept: bool


def show(running: Running) -> None:
    # soft_wrap: a terminal may break a long line, we must not.
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print()
    console.print(f"Cueline {__version__} is running.", style="bold green")
    for title, rows in _sections(running):
        console.print()
        console.print(title, style="bold")
        for name, value in rows:
            console.print(_row(name, value))
    console.print()
    console.print("Ctrl-C stops.", style="bold")
    console.print()


def _row(name: str | None, value: str) -> Text:
    """`name` None: a line to copy, such as a command."""
    return Text(f"  {value}") if name is None else Text.assemble((f"  {name:<13}", "cyan"), value)


def _sections(running: Running) -> list[tuple[str, Sequence[tuple[str | None, str]]]]:
    return [
        ("Look at", _places(running)),
        ("Keys", _keys(running)),
        ("Report an action from a shell", [(None, _curl(running))]),
        ("Good to know", _notes(running)),
    ]


def _places(running: Running) -> list[tuple[str, str]]:
    rows = [
        ("Demo shop", f"{running.local}/demo/"),
        ("Status page", f"{running.local}/"),
        ("API to try", f"{running.local}/api/docs"),
    ]
    public = running.settings.public_url
    return [*rows, ("Public", f"{public} (CUELINE_PUBLIC_URL: the address in tags and mails)")] if public else rows


def _keys(running: Running) -> list[tuple[str, str]]:
    made = running.made
    write = made.write_key or "all are revoked; `cueline keys create write` makes one"
    secret = made.secret_key or "shown when it was made; `cueline keys create secret` makes another"
    rows = [("Write key", write), ("", "public, for pages; `cueline snippet` prints the tag to paste")]
    rows.append(("Secret key", secret))
    if running.is_secret_kept:
        rows.append(("", f"for servers; kept in {running.settings.data / SECRET_KEY_FILE} to be shown here again"))
    return rows


def _curl(running: Running) -> str:
    key = running.made.secret_key or "sk_…"
    event = (
        '{"eid": "first-1", "user_ext_id": "42", "event_type": "client_action", '
        '"payload": {"client_action": "HelloFromTheShell"}}'
    )
    return (
        f"curl -X POST {running.local}/api/v1/events -H 'Authorization: Bearer {key}' "
        f"-H 'Content-Type: application/json' -d '{event}'"
    )


def _notes(running: Running) -> list[tuple[str, str]]:
    settings = running.settings
    rows = [("Data", str(settings.data)), ("Mail", _mail(settings)), ("Stores", _stores(settings))]
    workspace = running.made.workspace
    if workspace.identity_mode == "off":
        rows.append(("Identity", "off: a page's word for who the user is counts. For trying out, not for a real shop"))
    if "*" in workspace.origins:
        rows.append(("Origins", "*: pages of every site may report events with the write key"))
    if not running.is_local_only:
        rows.append(("Network", "other machines can connect; set CUELINE_PUBLIC_URL to the address they use"))
    return rows


def _mail(settings: Settings) -> str:
    if settings.smtp_url:
        return f"sent through {masked(settings.smtp_url)}"
    return "kept, not sent: read them on the status page. CUELINE_SMTP_URL sends them"


def _stores(settings: Settings) -> str:
    redis = masked(settings.redis_url) if settings.redis_url else f"Redis in {settings.data / 'redis'}"
    sql = masked(settings.sql_url()) if settings.database_url else str(Path(settings.data) / "cueline.db")
    return f"{sql}, {redis}"
