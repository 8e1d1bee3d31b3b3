"""`cueline apply` and `cueline export`, as in a shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cueline.campaigns.text import read
from cueline.store.workspaces import Workspace
from tests.cli.conftest import Run

RULE = "{key: a, kind: rule, trigger: {action: A}, do: [{tag: {add: [%s]}}]}"
TEMPLATE = "templates: [{key: t, subject: s, text: '%s'}]"

pytestmark = pytest.mark.usefixtures("workspace")


def document(tmp_path: Path, text: str, *, name: str = "campaigns.yaml") -> str:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return str(path)


def campaign(tmp_path: Path, tag: str = "x") -> str:
    return document(tmp_path, f"campaigns: [{RULE % tag}]")


def test_apply_shows_the_difference_and_asks(run: Run, tmp_path: Path, workspace: Workspace) -> None:
    refused = run("apply", campaign(tmp_path), input="n\n")
    assert refused.exit_code == 1
    assert "campaign a: created" in refused.stdout
    assert "+key: a" in refused.stdout
    assert run("export").stdout.strip() == "{}"
    accepted = run("apply", campaign(tmp_path), input="y\n")
    assert (accepted.exit_code, "Applied." in accepted.stdout) == (0, True)
    assert [rule.key for rule in read(run("export").stdout).document.campaigns] == ["a"]


def test_what_is_in_force_already_changes_nothing_and_asks_nothing(run: Run, tmp_path: Path) -> None:
    assert run("apply", campaign(tmp_path), "--yes").exit_code == 0
    again = run("apply", campaign(tmp_path))
    assert again.exit_code == 0
    assert "Nothing to change." in again.stdout
    assert "Applied." not in again.stdout
    changed = run("apply", campaign(tmp_path, "y"), "--yes")
    assert "-        - x" in changed.stdout
    assert "+        - y" in changed.stdout


def test_an_export_can_be_applied_from_stdin(run: Run, tmp_path: Path) -> None:
    run("apply", campaign(tmp_path), "--yes")
    again = run("apply", "-", "--yes", input=run("export").stdout)
    assert (again.exit_code, "Nothing to change." in again.stdout) == (0, True)


def test_stdin_needs_yes(run: Run) -> None:
    refused = run("apply", "-", input="{}")
    assert refused.exit_code == 2
    assert "--yes" in refused.stderr


def test_an_error_names_path_value_and_what_is_allowed(run: Run, tmp_path: Path) -> None:
    text = "campaigns: [{key: a, kind: rule, trigger: {action: A}, do: [{points: 1}], "
    wrong = run("apply", document(tmp_path, text + "where: {path: event.x, op: eqals, value: 1}}]"), "--yes")
    assert wrong.exit_code == 1
    assert "error campaigns[0].where.op: " in wrong.stderr
    assert 'Did you mean "equals"?' in wrong.stderr
    assert "found 'eqals'; allowed: equals, not_equals" in wrong.stderr
    untrusted = run("apply", document(tmp_path, text + "}]"), "--yes")
    assert untrusted.exit_code == 1
    assert "campaigns[0].do[0].points" in untrusted.stderr
    assert "nothing was changed" in untrusted.stderr
    assert run("export").stdout.strip() == "{}"


def test_a_template_that_is_no_liquid_is_an_error(run: Run, tmp_path: Path) -> None:
    wrong = run("apply", document(tmp_path, TEMPLATE % "{{ event.x "), "--yes")
    assert wrong.exit_code == 1
    assert "error templates[0]: text: " in wrong.stderr
    assert run("apply", document(tmp_path, TEMPLATE % "{{ event.x }}"), "--yes").exit_code == 0


def test_a_warning_is_shown_and_does_not_stop(run: Run, tmp_path: Path) -> None:
    warned = run("apply", campaign(tmp_path), "--yes")
    assert warned.exit_code == 0
    assert "warning campaigns[0].trigger.action: " in warned.stderr


def test_brackets_in_a_document_are_not_markup(run: Run, tmp_path: Path) -> None:
    done = run("apply", document(tmp_path, TEMPLATE % "[bold]x[/bold] [/red]"), "--yes")
    assert "[bold]x[/bold] [/red]" in done.stdout


def test_a_json_document_is_read_by_its_name(run: Run, tmp_path: Path) -> None:
    text = json.dumps({"actions": [{"name": "A"}]})
    assert run("apply", document(tmp_path, text, name="a.json"), "--yes").exit_code == 0
    broken = run("apply", document(tmp_path, "{actions: []}", name="b.json"), "--yes")
    assert (broken.exit_code, "Line 1, column 2" in broken.stderr) == (1, True)


def test_a_file_that_cannot_be_read_is_a_sentence(run: Run, tmp_path: Path) -> None:
    nowhere = run("apply", str(tmp_path / "nowhere.yaml"), "--yes")
    assert (nowhere.exit_code, "cannot be read" in nowhere.stderr) == (1, True)
    (tmp_path / "latin.yaml").write_bytes(b"a: \xff")
    assert "cannot be read" in run("apply", str(tmp_path / "latin.yaml"), "--yes").stderr
