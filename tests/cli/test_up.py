"""`cueline up` as a person runs it: real processes, a real embedded Redis, one data directory."""

import os
import re
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cueline.cli.port import answers
from tests.cli.running_up import Up, eventually

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc: Linux only")


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One that runs while the tests of this file look at it."""
    running = Up(tmp_path_factory.mktemp("up") / "data").wait_ready()
    yield running
    running.stop()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def key_in(output: str, prefix: str) -> str:
    found = re.search(rf"\b{prefix}_\S+", output)
    assert found is not None
    return found[0]


def events(data: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(data / "cueline.db", timeout=10) as connection:
        return connection.execute("SELECT eid, action FROM events").fetchall()


def test_it_prints_where_to_look_and_how_to_stop(up: Up) -> None:
    for text in (f"{up.url}/demo/", f"{up.url}/\n", f"{up.url}/api/docs", "curl -X POST", str(up.data)):
        assert text in up.output
    assert "Identity     off" in up.output and "Origins      *" in up.output and "kept, not sent" in up.output
    assert up.output.rstrip().endswith("Ctrl-C stops.")
    assert "\x1b" not in up.output


def test_the_secret_key_is_kept_for_its_owner_alone(up: Up) -> None:
    file = up.data / "secret-key"
    assert file.read_text().strip() == key_in(up.output, "sk")
    assert file.stat().st_mode & 0o777 == 0o600


def test_snippet_works_meanwhile(up: Up) -> None:
    printed = up.run("snippet")
    assert (printed.returncode, printed.stderr) == (0, "")
    assert key_in(up.output, "wk") in printed.stdout and f"{up.url}/v1/cueline.js" in printed.stdout


def test_a_sent_action_reaches_the_database(up: Up) -> None:
    assert up.run("send", "HelloFromTheShell", "--user", "42", "--eid", "hello").returncode == 0
    eventually(lambda: ("hello", "HelloFromTheShell") in events(up.data))


def test_the_demo_campaigns_are_in_force(up: Up) -> None:
    assert "CashierSubmitClicked" in up.run("export").stdout


def test_a_second_one_on_the_same_data_is_told_who_has_it(up: Up) -> None:
    second = up.run("up", "--port", "1")
    assert second.returncode == 1
    assert f"is in use by another `cueline up` (process {up.process.pid} at {up.url})" in second.stderr


def test_a_taken_port_is_said_before_anything_starts(up: Up, data: Path) -> None:
    second = Up(data, port=up.port)
    assert second.process.wait(30) == 1
    assert second.output.startswith(f"Error: Port {up.port} on 127.0.0.1 is taken")
    assert not (data / "redis").exists()


def test_a_killed_web_server_is_back_soon_and_said_so(up: Up) -> None:
    # The worker process of granian has a higher id than the one that started it.
    web = min(pid for pid, command in up.processes().items() if "granian" in command)
    os.kill(web, signal.SIGKILL)
    eventually(lambda: "web ended (SIGKILL); it is started again" in up.output)
    eventually(lambda: answers("127.0.0.1", up.port, path="/readyz"))


def test_doctor_finds_nothing_failing(up: Up) -> None:
    eventually(lambda: up.run("doctor").returncode == 0, 60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_is_clean_and_a_second_run_goes_on_with_the_same_data(data: Path, number: signal.Signals) -> None:
    first = Up(data).wait_ready()
    assert first.run("send", "Click", "--user", "42", "--eid", "one").returncode == 0
    asked_s = time.monotonic()
    assert first.stop(number) == 0
    assert time.monotonic() - asked_s < 10
    assert first.output.endswith("stopping…\nstopped\n")
    assert first.processes() == {}

    second = Up(data).wait_ready()
    eventually(lambda: ("one", "Click") in events(data))
    second.stop()
    assert key_in(second.output, "sk") == key_in(first.output, "sk")
    assert key_in(second.output, "wk") == key_in(first.output, "wk")


def test_killed_it_leaves_nothing_running_and_the_next_one_starts(tmp_path: Path) -> None:
    data = tmp_path / ("a" * 60) / ("long path" * 6) / "data"
    data.parent.mkdir(parents=True)
    killed = Up(data).wait_ready()
    running = " ".join(killed.processes().values())
    assert all(name in running for name in ("redis", "granian", "cueline worker", "jobs drain", "jobs clock"))
    killed.process.kill()
    eventually(lambda: killed.processes() == {})
    again = Up(data).wait_ready()
    assert again.stop() == 0


def test_preset_keys_work(data: Path) -> None:
    up = Up(data, CUELINE_BOOTSTRAP_WRITE_KEY="wk_preset", CUELINE_BOOTSTRAP_SECRET_KEY="sk_preset").wait_ready()
    try:
        assert key_in(up.output, "wk") == "wk_preset"
        assert "Bearer sk_preset" in up.output
        assert "wk_preset" in up.run("snippet").stdout
    finally:
        up.stop()


def test_stopped_while_it_starts_it_still_stops_cleanly(data: Path) -> None:
    up = Up(data)
    eventually(lambda: "starting…" in up.output)
    assert up.stop() == 0
    assert up.output.endswith("stopped\n")
    eventually(lambda: up.processes() == {}, 5)


def test_a_redis_that_dies_while_it_starts_is_started_again(data: Path) -> None:
    up = Up(data)
    try:
        eventually(lambda: any("cueline.jobs" in command for command in up.processes().values()))
        redis = next(pid for pid, command in up.processes().items() if "redis-server" in command)
        os.kill(redis, signal.SIGKILL)
        up.wait_ready()
        eventually(lambda: "redis ended (SIGKILL)" in up.output)
    finally:
        assert up.stop() == 0


def test_redis_of_ones_own_is_used(data: Path, redis_url: str) -> None:
    up = Up(data, CUELINE_REDIS_URL=redis_url).wait_ready()
    try:
        assert not (data / "redis").exists()
        assert not any("redis-server" in command for command in up.processes().values())
    finally:
        up.stop()


def test_a_redis_that_is_away_is_one_sentence(data: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"redis://127.0.0.1:{closed.getsockname()[1]}/0"
        up = Up(data, CUELINE_REDIS_URL=url)
        assert up.process.wait(30) == 1
    assert f"Error: Redis at {url} does not answer" in up.output
    assert "Traceback" not in up.output
