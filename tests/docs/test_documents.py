"""The documents are true: links resolve, rooms are named, nothing belongs to one machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import cueline
from tests.docs.tracked import ROOT, tracked

DOCUMENTS = [ROOT / name for name in tracked() if name.endswith(".md")]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def anchors(text: str) -> set[str]:
    """The fragments that GitHub gives to the headings."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in LINK.findall(FENCED.sub("", document.read_text())):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, fragment = link.partition("#")
        target = document.parent / name if name else document
        assert target.exists(), f"{link} leads nowhere"
        assert not fragment or fragment in anchors(target.read_text()), f"{link}: no such heading"


def test_the_readme_names_every_document() -> None:
    readme = text_of("README.md")
    for document in sorted((ROOT / "docs").glob("*.md")):
        assert f"(docs/{document.name})" in readme


def test_the_architecture_names_every_room() -> None:
    rooms = {path.parent.name for path in (ROOT / "backend/cueline").glob("*/__init__.py")}
    named = set(re.findall(r"`(\w+)/`", text_of("docs/architecture.md")))
    assert rooms <= named, f"not in docs/architecture.md: {sorted(rooms - named)}"


def test_the_changelog_has_this_version() -> None:
    assert re.search(rf"^## \[(Unreleased\] )?{re.escape(cueline.__version__)}", text_of("CHANGELOG.md"), re.MULTILINE)


def test_the_license_is_whole() -> None:
    license = text_of("LICENSE")
    assert "Apache License" in license
    assert "END OF TERMS AND CONDITIONS" in license


def test_the_whole_check_runs_lint_and_the_command_that_the_readme_names() -> None:
    assert "`make test`" in text_of("README.md")
    commands = text_of(".ci/run").splitlines()
    assert commands.index("make lint") < commands.index("make test")


def test_the_menu_explains_every_target() -> None:
    menu = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^\.PHONY: (.+)$", text_of("Makefile"), re.MULTILINE)[0].split()
    assert [line.split()[1] for line in menu.splitlines()] == targets


def test_every_example_is_explained() -> None:
    explained = text_of("examples/README.md")
    for example in sorted((ROOT / "examples").iterdir()):
        assert example.name == "README.md" or f"({example.name}" in explained


# Put together here, so that this file does not find itself.
OF_ONE_MACHINE = re.compile(
    "|".join([r"/(?:work|root|home|Users)" + r"/[A-Za-z.]", "--(?:extra-)?index-" + "url", "find-" + "links"])
)


def test_nothing_belongs_to_one_machine() -> None:
    found = []
    for name in tracked():
        content = (ROOT / name).read_bytes()
        if b"\0" in content:
            continue
        lines = content.decode().splitlines()
        found += [f"{name}:{n}" for n, line in enumerate(lines, 1) if OF_ONE_MACHINE.search(line)]
    assert not found, f"paths or package indexes of one machine: {found}"


def test_the_lock_file_names_no_registry_but_the_public_one() -> None:
    hosts = set(re.findall(r'"resolved": "https?://([^/"]+)', text_of("static/sdk/package-lock.json")))
    assert hosts <= {"registry.npmjs.org"}
