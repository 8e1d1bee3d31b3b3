"""How `cueline workspace` shows a workspace, and what has changed about it."""

from __future__ import annotations

from typing import Any

from cueline.cli.duration import in_words
from cueline.cli.workspace_options import RATES
from cueline.config import Settings
from cueline.events import MASK
from cueline.store.workspaces import Workspace, newest_kid


def lines(found: Workspace, settings: Settings, *, secrets: bool) -> list[tuple[str, str]]:
    """What is in force, name by name."""
    newest = newest_kid(found.link_secrets)
    return [
        ("Workspace", f"{found.name} (number {found.id})"),
        *public_lines(found, settings),
        ("Identity secret", _secret(found.identity_secret, secrets)),
        *(
            (f"Link secret {kid}", _secret(secret, secrets) + (" (signs)" if kid == newest else ""))
            for kid, secret in sorted(found.link_secrets.items())
        ),
    ]


def public_lines(found: Workspace, settings: Settings) -> list[tuple[str, str]]:
    return [
        ("Origins", ", ".join(found.origins) or "none"),
        ("Identity", found.identity_mode),
        ("Hold", in_words(found.hold_ms)),
        ("Time zone", found.timezone),
        *((f"Rate, {kind}", _rate(found, settings, kind)) for kind in RATES),
    ]


def _rate(found: Workspace, settings: Settings, kind: str) -> str:
    own = (found.rates or {}).get(kind)
    if own is not None:
        return f"{own} per second"
    return f"{getattr(settings, f'rate_{kind}')} per second (CUELINE_RATE_{kind.upper()})"


def _secret(secret: str, is_shown: bool) -> str:
    return secret if is_shown else MASK


def differences(before: Workspace, after: Workspace, settings: Settings) -> list[str]:
    """One sentence for each thing that is not what it was."""
    pairs = zip(public_lines(before, settings), public_lines(after, settings), strict=True)
    return [f"{name}: {old} → {new}" for (name, old), (_, new) in pairs if old != new]


def as_dict(found: Workspace, *, secrets: bool) -> dict[str, Any]:
    """For programs. A rate of null is the setting's."""
    return {
        "id": found.id,
        "name": found.name,
        "origins": found.origins,
        "identity_mode": found.identity_mode,
        "hold_ms": found.hold_ms,
        "timezone": found.timezone,
        "rates": {kind: (found.rates or {}).get(kind) for kind in RATES},
        "identity_secret": _secret(found.identity_secret, secrets),
        "link_secrets": {kid: _secret(secret, secrets) for kid, secret in sorted(found.link_secrets.items())},
        "signs_with": newest_kid(found.link_secrets),
    }
