"""The supervisor with real processes, small ones that stand in for web, worker and Redis."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cueline.cli.process import Child
from cueline.cli.supervisor import StopAsked, Supervisor
from cueline.errors import CuelineError

SLEEPER = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)"]

# Stays until SIGTERM, then writes its name into a file: the order of the ends.
PARTING = """
import signal, sys, time, pathlib
def end(*_):
    time.sleep(0.05)
    with pathlib.Path(sys.argv[1]).open("a") as file: file.write(sys.argv[2] + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("here", flush=True)
time.sleep(60)
"""

PARENT = """
import sys
from cueline.cli.process import Child
from cueline.cli.supervisor import Supervisor
supervisor = Supervisor(notice=lambda text: print(text, flush=True), on_line=lambda name, line: None)
supervisor.listen()
for name, stage in {"redis": 2, "web": 0, "worker": 1}.items():
    command = [sys.executable, "-c", sys.argv[2], sys.argv[1], name]
    supervisor.start(Child(name, command, stage=stage))
supervisor.wait_until(lambda: all(p.process.lines for p in supervisor._places), what="silence", seconds=20)
print("pids", *(p.process.pid for p in supervisor._places), flush=True)
supervisor.run()
supervisor.stop()
print("stopped", flush=True)
"""


def eventually(is_true: Callable[[], object], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def started(tmp_path: Path, child: str = PARTING) -> tuple[subprocess.Popen[str], list[int]]:
    command = [sys.executable, "-c", PARENT, str(tmp_path / "ends"), child]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert parent.stdout is not None
    return parent, [int(pid) for pid in parent.stdout.readline().split()[1:]]


def make_supervisor(notices: list[str], *, grace_s: float = 5) -> Supervisor:
    return Supervisor(
        notice=notices.append, on_line=lambda name, line: notices.append(f"{name}: {line}"), grace_s=grace_s
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_ends_the_children_in_order_and_redis_last(tmp_path: Path, number: signal.Signals) -> None:
    parent, _ = started(tmp_path)
    os.killpg(parent.pid, number)
    assert parent.wait(10) == 0
    assert (tmp_path / "ends").read_text().split() == ["web", "worker", "redis"]


def test_children_of_one_stage_are_ended_together() -> None:
    notices: list[str] = []
    supervisor = make_supervisor(notices, grace_s=1.5)
    for name in ("one", "two", "three"):
        code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('here', flush=True); time.sleep(60)"
        supervisor.start(Child(name, [sys.executable, "-c", code]))
    eventually(lambda: len(notices) == 3)
    since = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - since < 4.4  # one after another: at least 4.5
    assert len(notices) == 6


def test_a_killed_parent_leaves_no_child_behind(tmp_path: Path) -> None:
    parent, pids = started(tmp_path)
    assert len(pids) == 3
    parent.kill()
    parent.wait(10)
    eventually(lambda: not any(is_running(pid) for pid in pids))
    assert sorted((tmp_path / "ends").read_text().split()) == ["redis", "web", "worker"]


def test_a_second_signal_forces_the_end(tmp_path: Path) -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('here', flush=True); time.sleep(60)"
    parent, pids = started(tmp_path, stubborn)
    parent.send_signal(signal.SIGINT)
    time.sleep(0.7)
    parent.send_signal(signal.SIGINT)
    assert parent.wait(4) == 0
    assert not any(is_running(pid) for pid in pids)


def test_a_child_that_is_killed_is_started_again_and_said_so() -> None:
    notices: list[str] = []
    supervisor = make_supervisor(notices)
    supervisor.start(Child("web", SLEEPER))
    first = supervisor._places[0].process
    assert first is not None
    os.kill(first.pid, signal.SIGKILL)
    supervisor.wait_until(lambda: notices.count("web: here") == 1 and "web ended" in str(notices), what="x", seconds=10)
    assert "web ended (SIGKILL); it is started again in 0.5 s" in notices
    again = supervisor._places[0].process
    supervisor.stop()
    assert again is not None and again.pid != first.pid


def test_what_a_dead_child_had_started_is_ended_too(tmp_path: Path) -> None:
    script = tmp_path / "pid"
    code = textwrap.dedent(
        f"""
        import subprocess, sys, time, pathlib
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        pathlib.Path({str(script)!r}).write_text(str(child.pid))
        time.sleep(60)
        """
    )
    supervisor = make_supervisor([])
    supervisor.start(Child("web", [sys.executable, "-c", code]))
    eventually(lambda: script.exists() and script.read_text())
    place = supervisor._places[0]
    assert place.process is not None
    os.kill(place.process.pid, signal.SIGKILL)
    eventually(lambda: place.process is not None and place.process.ended() is not None)
    eventually(lambda: not is_running(int(script.read_text())))


def test_a_child_that_cannot_start_is_given_up_with_its_last_lines() -> None:
    supervisor = make_supervisor([])
    supervisor.start(Child("worker", [sys.executable, "-c", "print('no such table'); raise SystemExit(3)"]))
    with pytest.raises(CuelineError, match=r"worker does not start \(exit code 3\)(.|\n)*worker: no such table"):
        supervisor.wait_until(lambda: False, what="It did not answer", seconds=20)


def test_a_wait_that_takes_too_long_says_what_it_waited_for() -> None:
    with pytest.raises(CuelineError, match="The page did not answer within 0 s"):
        make_supervisor([]).wait_until(lambda: False, what="The page did not answer", seconds=0.1)


def test_a_wait_ends_when_somebody_asks_to_stop() -> None:
    supervisor = make_supervisor([])
    supervisor._on_signal(signal.SIGINT, None)
    with pytest.raises(StopAsked):
        supervisor.wait_until(lambda: False, what="x", seconds=5)


def test_one_key_press_that_arrives_twice_does_not_force() -> None:
    supervisor = make_supervisor([])
    supervisor._on_signal(signal.SIGINT, None)
    supervisor._on_signal(signal.SIGINT, None)
    assert not supervisor._is_forced


def test_a_child_that_ignores_the_request_is_killed_after_the_grace() -> None:
    notices: list[str] = []
    supervisor = make_supervisor(notices, grace_s=0.2)
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('here', flush=True); time.sleep(60)"
    supervisor.start(Child("worker", [sys.executable, "-c", code]))
    eventually(lambda: "worker: here" in notices)
    supervisor.stop()
    assert "worker is killed: it did not end in time" in notices
