"""What the demo shop needs: the campaigns that the first `up` loads."""

from __future__ import annotations

from importlib.resources import files

from sqlalchemy import Connection

from cueline.campaigns import text
from cueline.deliveries import templates
from cueline.errors import DocumentError
from cueline.problems import has_errors
from cueline.publishing.apply import apply


def document_text() -> str:
    """The same text as examples/campaigns/first-light.yaml, from an installed package too."""
    return (files("cueline") / "static" / "demo-campaigns.yaml").read_text("utf-8")


def apply_demo_campaigns(connection: Connection, workspace_id: int, *, now_ms: int) -> None:
    parsed = text.read(document_text(), format=text.YAML)
    if has_errors(parsed.problems):
        raise DocumentError(list(parsed.problems))
    apply(connection, workspace_id, parsed.document, now_ms=now_ms, template_problems=templates.problems)
