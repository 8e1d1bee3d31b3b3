"""What a shop's server and a person at a shell do with a running `cueline up`."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.stack import Stack, action, eventually, profile

pytestmark = pytest.mark.redis

README = Path(__file__).parents[2] / "README.md"

NEW_CAMPAIGN = """
campaigns:
  - key: newly-applied
    kind: rule
    trigger: {action: NewlyApplied}
    do: [{tag: {add: [fresh]}}]
"""


def readme_curl() -> str:
    (line,) = re.findall(r"^```sh\n(curl .*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    return str(line)


def test_the_readmes_curl_line_sends_a_mail_with_the_link_in_it(stack: Stack, curl: str, home: Path) -> None:
    # The line as it stands: the shell's own set-up leads port 8000 to where this stack listens.
    (home / ".curlrc").write_text(f'connect-to = "127.0.0.1:8000:127.0.0.1:{stack.port}"\nnoproxy = "*"\n')
    environ = {**os.environ, "CURL_HOME": str(home)}
    said = subprocess.run(["sh", "-c", readme_curl()], cwd=stack.home, env=environ, capture_output=True, text=True)
    assert '"errors":{}' in said.stdout, said
    mail = stack.wait_for_delivery("42", "kept")
    assert "https://shop.example/reset?t=1" in mail["html"]
    assert "https://shop.example/reset?t=1" in mail["text"]


def test_a_secret_field_is_masked_everywhere_but_in_its_mail(stack: Stack) -> None:
    stack.post_events(
        profile("p-1", "eve", email="eve@example.com"),
        action("r-1", "eve", "reset_password", link="https://shop.example/reset?t=hidden"),
    )
    mail = stack.wait_for_delivery("eve", "kept")
    assert "t=hidden" in mail["html"]
    shown = [
        stack.get("/api/v1/events", user="eve"),
        stack.get("/api/v1/users/eve/timeline"),
        stack.get("/api/v1/users/eve"),
        stack.get("/api/v1/actions"),
        stack.get("/status/feed"),
    ]
    assert "t=hidden" not in str(shown)
    (event,) = stack.events(user="eve", action="reset_password")
    assert event["payload"]["link"] == "•••"


def test_the_same_event_sent_again_changes_nothing(stack: Stack) -> None:
    for _ in range(2):
        stack.post_events(action("twice-1", "hal", "CashierSubmitClicked", amount=3))
    stack.post_events(action("after", "hal", "SomethingElse"))
    eventually(lambda: stack.events(user="hal", action="SomethingElse"))
    assert len(stack.events(user="hal", action="CashierSubmitClicked")) == 1
    assert len(stack.deliveries("hal")) == 1


def test_the_commands_work_from_another_terminal(stack: Stack) -> None:
    tag = stack.run("snippet")
    assert re.fullmatch(r"<script>.*</script>\n", tag.stdout), tag
    assert "wk_e2e" in tag.stdout and f"{stack.url}/v1/cueline.js" in tag.stdout
    empty = stack.run("dead-letters", "list")
    assert empty.returncode == 0, empty
    doctor = stack.run("doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert re.search(r"^ok +Clock", doctor.stdout, re.MULTILINE | re.IGNORECASE), doctor.stdout


def test_what_is_applied_is_in_force_for_the_next_event(stack: Stack, home: Path) -> None:
    file = home / "new.yaml"
    file.write_text(NEW_CAMPAIGN)
    before = stack.run("send", "NewlyApplied", "--user", "before")
    assert '"accepted": 1' in before.stdout, before
    applied = stack.run("apply", str(file), "--yes")
    assert applied.returncode == 0 and "newly-applied" in applied.stdout, applied
    stack.post_events(action("new-1", "after", "NewlyApplied"))
    (event,) = eventually(lambda: stack.events(user="after"))
    assert event["status"] == "matched"
    assert stack.get("/api/v1/users/after")["tags"] == ["fresh"]
    assert stack.get("/api/v1/users/before")["tags"] == []
