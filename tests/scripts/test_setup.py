"""The scripts behind the Makefile, on machines that lack something: a PATH of our own stands for the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("sh", "cat", "echo", "env")


class Machine:
    """A folder that is the whole PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found
            (folder / tool).symlink_to(found)

    def has(self, name: str, script: str) -> None:
        (self.folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.folder / name).chmod(0o755)

    def run(self, script: str, *words: str) -> subprocess.CompletedProcess[str]:
        environ = {"PATH": str(self.folder), "LANG": "C.UTF-8"}
        command = ["/bin/sh", f"scripts/{script}", *words]
        return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_python_that_is_only_a_name_is_passed_over(machine: Machine) -> None:
    machine.has("python3.12", "echo 'pyenv: python3.12: command not found' >&2; exit 127")
    machine.has("python3.11", f'exec {os.path.realpath(sys.executable)} "$@"')
    assert machine.run("python.sh").stdout.strip() == os.path.realpath(sys.executable)


def test_a_python_without_venv_is_told_with_the_package_that_has_it(machine: Machine) -> None:
    machine.has("python3", f'case "$2" in *ensurepip*) exit 1 ;; esac; exec {sys.executable} "$@"')
    ended = machine.run("python.sh")
    assert ended.returncode == 1
    assert f"apt-get install python3.{sys.version_info.minor}-venv" in ended.stderr


def test_a_machine_without_python_is_told_what_to_install(machine: Machine) -> None:
    ended = machine.run("python.sh")
    assert ended.returncode == 1
    assert "Cueline needs Python 3.11 or newer" in ended.stderr


def test_without_root_nothing_is_installed_and_nothing_fails(machine: Machine) -> None:
    machine.has("id", "echo 1000")
    machine.has("apt-get", "echo called; exit 1")
    ended = machine.run("debian.sh", "chromium", "node")
    assert ended.returncode == 0
    assert ended.stdout.strip() == "Not installed, for want of root: chromium nodejs npm"


def test_what_is_there_is_not_installed_again(machine: Machine) -> None:
    for name in ("google-chrome", "node", "npm"):
        machine.has(name, "exit 0")
    ended = machine.run("debian.sh", "chromium", "node")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_a_test_that_is_left_out_is_named_and_fails_in_ci_alone(tmp_path: Path, ci: str, code: int) -> None:
    (tmp_path / "test_it.py").write_text("def test_page(chromium): pass\ndef test_other(): pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    nowhere = {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    environ = {**os.environ, **nowhere, "CI": ci, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest", "-p", "tests.left_out", "-p", "no:cacheprovider", str(tmp_path)]
    ended = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert "1 × no Chromium: `apt-get install chromium`" in ended.stdout
    assert "1 passed, 1 skipped" in ended.stdout.splitlines()[-1]
    assert ended.returncode == code
