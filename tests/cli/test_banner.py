from pathlib import Path

import pytest

from cueline.cli.banner import Running, show
from cueline.cli.bootstrap import Bootstrapped
from cueline.config import Settings
from cueline.store.workspaces import Workspace

WORKSPACE = Workspace(
    id=1,
    name="default",
    created_ms=1,
    revision=1,
    origins=["https://shop.example"],
    identity_mode="enforce",
    identity_secret="hidden",
    link_secrets={"1": "hidden"},
    rates=None,
    hold_ms=1,
    timezone="UTC",
)


def shown(
    capsys: pytest.CaptureFixture[str], *, secret_key: str | None = "sk_x", is_local_only: bool = True, **settings: str
) -> str:
    made = Bootstrapped(WORKSPACE, "wk_x", secret_key, is_first=False)
    of = Settings(data=Path("/data"), **settings)  # type: ignore[arg-type]
    show(Running(of, made, "http://127.0.0.1:8000", is_local_only=is_local_only, is_secret_kept=False))
    return capsys.readouterr().out


def test_a_closed_workspace_gets_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    output = shown(capsys)
    assert "Identity" not in output and "Origins" not in output and "hidden" not in output


def test_an_unknown_secret_key_says_how_to_get_another(capsys: pytest.CaptureFixture[str]) -> None:
    output = shown(capsys, secret_key=None)
    assert "`cueline keys create secret`" in output
    assert "Bearer sk_…" in output


def test_passwords_of_stores_and_mail_are_masked(capsys: pytest.CaptureFixture[str]) -> None:
    urls = {"redis_url": "redis://me:hidden@r/0", "database_url": "postgresql://me:hidden@p/x"}
    output = shown(capsys, smtp_url="smtp://me:hidden@m:587", **urls)
    assert "hidden" not in output
    assert all(text in output for text in ("redis://me:***@r/0", "me:***@p/x", "sent through smtp://me:***@m:587"))


def test_other_machines_are_mentioned_when_they_can_connect(capsys: pytest.CaptureFixture[str]) -> None:
    assert "other machines can connect" in shown(capsys, is_local_only=False)


def test_nothing_is_broken_over_lines_or_coloured_outside_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    output = shown(capsys)
    assert "\x1b" not in output
    curl = next(line for line in output.splitlines() if "curl" in line)
    assert curl.endswith("}'")
