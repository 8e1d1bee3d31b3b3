import subprocess
import sys
from pathlib import Path

import pytest

from cueline.cli.lock import only_one
from cueline.errors import ConfigError, CuelineError


def test_a_second_one_is_told_who_has_it(tmp_path: Path) -> None:
    with (
        only_one(tmp_path, address="http://127.0.0.1:8000"),
        pytest.raises(CuelineError, match=r"in use by another `cueline up` \(process \d+ at http://127.0.0.1:8000\)"),
        only_one(tmp_path, address="http://127.0.0.1:8001"),
    ):
        pass


def test_afterwards_it_is_free_again(tmp_path: Path) -> None:
    for _ in range(2):
        with only_one(tmp_path / "new" / "folder", address="x"):
            pass
    assert (tmp_path / "new" / "folder").stat().st_mode & 0o777 == 0o700


def test_a_killed_one_leaves_it_free(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib\n"
        "from cueline.cli.lock import only_one\n"
        "with only_one(pathlib.Path(sys.argv[1]), address='x'):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.kill()
    holder.wait()
    with only_one(tmp_path, address="x"):
        pass


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"cannot be used: .*--data"), only_one(tmp_path / "file", address="x"):
        pass
