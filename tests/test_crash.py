import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import cueline
from cueline import crash
from cueline.config import load
from cueline.errors import ConfigError

PASSING = """
from cueline import crash
crash.arm({armed!r})
for number in range(3):
    crash.point("after_claim_before_start")
    crash.point("after_read_before_commit")
    print(number, flush=True)
"""


@pytest.mark.parametrize(
    ("armed", "code", "passed"),
    [
        ("", 0, ["0", "1", "2"]),
        ("after_record_before_report", 0, ["0", "1", "2"]),
        ("after_read_before_commit", -signal.SIGKILL, []),
        ("after_read_before_commit:3", -signal.SIGKILL, ["0", "1"]),
    ],
)
def test_a_process_dies_at_its_point_the_nth_time_it_comes_there(armed: str, code: int, passed: list[str]) -> None:
    ran = subprocess.run([sys.executable, "-c", PASSING.format(armed=armed)], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout.split()) == (code, passed), ran.stderr


@pytest.mark.parametrize("value", ["nowhere", "after_read_before_commit:0", "after_read_before_commit:", "x:1"])
def test_a_point_that_does_not_exist_is_an_error_at_the_start(value: str) -> None:
    with pytest.raises(ConfigError, match="CUELINE_CRASH_AT"):
        load({"CUELINE_CRASH_AT": value}, dotenv=Path("none"))


def test_every_point_stands_somewhere_in_the_code() -> None:
    files = Path(cueline.__file__).parent.rglob("*.py")
    named = {name for file in files for name in re.findall(r'crash\.point\("(\w+)"\)', file.read_text())}
    assert named == set(crash.POINTS)
