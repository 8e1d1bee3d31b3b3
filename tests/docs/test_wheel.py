"""What pip installs elsewhere is whole: snippet, demo shop, templates, migrations and types are in the wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.docs.tracked import ROOT, tracked

PACKAGE = ROOT / "backend" / "cueline"
NEEDED = (
    "static/cueline.js",
    "static/stub.js",
    "py.typed",
    "store/migrations/env.py",
    "store/migrations/script.py.mako",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel that is built from a copy of what git knows, without network."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in tracked():
        (folder / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / "src" / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(folder), str(folder / "src")], check=True)
    (file,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(file).namelist())


@pytest.mark.parametrize("name", NEEDED)
def test_the_wheel_has(wheel: set[str], name: str) -> None:
    assert f"cueline/{name}" in wheel


def test_the_wheel_has_every_file_of_the_package(wheel: set[str]) -> None:
    files = [path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    missing = {f"cueline/{path.relative_to(PACKAGE)}" for path in files} - wheel
    assert not missing, "not in the wheel; see package_data in setup.cfg"


def test_the_wheel_has_the_license(wheel: set[str]) -> None:
    assert any(name.endswith("/LICENSE") for name in wheel)
