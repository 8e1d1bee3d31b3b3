"""What goes wrong in real stores, as the doctor tells it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from redis import AuthenticationError, ConnectionError, Redis
from sqlalchemy import Engine, delete

from cueline.checks import pipe
from cueline.checks import redis as redis_checks
from cueline.checks.check import seconds, shown
from cueline.store.session import open_engine, writing
from cueline.store.tables import deliveries
from cueline.streams import keys
from tests.api.rows import Rows
from tests.cli.conftest import Run
from tests.cli.test_doctor import by_name, lines, mail_server, well
from tests.conftest import free_port
from tests.e2e.stack import eventually

__all__ = ["mail_server", "well"]

NOW_MS = 1_763_890_000_000
OneMore = Callable[..., str]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite alone: what is looked at here is elsewhere."""
    return f"sqlite:///{tmp_path / 'cueline.db'}"


@pytest.fixture
def one_more(redis_binary: str) -> Iterator[OneMore]:
    """`one_more("--maxmemory", "1mb")`: another Redis, with options of its own; its address."""
    started: list[tuple[subprocess.Popen[bytes], Path]] = []

    def start(*options: str) -> str:
        folder, port = Path(tempfile.mkdtemp(prefix="cl-redis-")), free_port()
        command = [redis_binary, "--port", str(port), "--dir", str(folder), "--save", "", *options]
        started.append((subprocess.Popen(command, stdout=subprocess.DEVNULL), folder))
        _wait_for(port)
        return f"redis://127.0.0.1:{port}/0"

    yield start
    for process, folder in started:
        process.kill()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 30
    with closing(Redis(port=port)) as client:
        while time.monotonic() < until:
            try:
                client.ping()
                return
            except AuthenticationError:
                return
            except ConnectionError:
                time.sleep(0.02)
    raise TimeoutError("the other Redis did not start")


def test_a_redis_without_memory_is_said_to_be_full(
    run: Run, well: Engine, one_more: OneMore, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = one_more("--appendonly", "yes", "--maxmemory", "100000")
    monkeypatch.setenv("CUELINE_REDIS_URL", url)
    level, said = lines(run, code=1)["Redis"]
    assert (level, "out of memory" in said, "maxmemory" in said) == ("fail", True, True)


def test_a_read_only_replica_is_said_to_be_one(
    run: Run, well: Engine, one_more: OneMore, monkeypatch: pytest.MonkeyPatch
) -> None:
    master = one_more("--appendonly", "yes")
    port = master.rpartition(":")[2].partition("/")[0]
    monkeypatch.setenv("CUELINE_REDIS_URL", one_more("--appendonly", "yes", "--replicaof", f"127.0.0.1 {port}"))
    level, said = lines(run, code=1)["Redis"]
    assert level == "fail" and ("read-only replica" in said or "still loading" in said)


def test_a_redis_that_cannot_write_its_files_is_said_to_have_no_disk(
    run: Run, well: Engine, one_more: OneMore, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = one_more("--save", "900 1", "--dbfilename", "gone.rdb")
    monkeypatch.setenv("CUELINE_REDIS_URL", url)
    with closing(Redis.from_url(url)) as client:
        shutil.rmtree(client.config_get("dir")["dir"])
        client.bgsave()
        eventually(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err", 30)
    level, said = by_name(run("doctor").stdout)["Redis"]
    assert level == "fail" and "cannot write to its disk" in said and "Free space" in said


@pytest.mark.parametrize("password", [":wrong-one@", ""])
def test_a_redis_that_wants_a_password_refuses_ours(
    run: Run, well: Engine, one_more: OneMore, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    url = one_more("--requirepass", "sesame")
    monkeypatch.setenv("CUELINE_REDIS_URL", url.replace("//", f"//{password}"))
    result = run("doctor")
    level, said = by_name(result.stdout)["Redis"]
    assert (level, result.exit_code) == ("fail", 1)
    assert "refuses our user name or password" in said and "wrong-one" not in result.output


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("MISCONF Redis is configured to save RDB snapshots", "cannot write to its disk"),
        ("command not allowed when used memory > 'maxmemory'.", "out of memory"),
        ("You can't write against a read only replica.", "read-only replica"),
        ("LOADING Redis is loading the dataset in memory", "still loading"),
        ("NOPERM this user has no permissions to run the 'set' command", "does not let our user"),
        ("CLUSTERDOWN The cluster is down", "Cluster is down"),
        ("Error 111 connecting to 10.0.0.7:6379", "does not answer"),
    ],
)
def test_each_refusal_of_redis_has_words_and_advice(answer: str, words: str) -> None:
    found = redis_checks.refused("Redis", ConnectionError(answer))
    assert words in found.found and found.advice
    assert "10.0.0.7" not in found.found + found.advice


def test_rq_s_own_redis_is_looked_at_too(run: Run, well: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELINE_RQ_REDIS_URL", "redis://127.0.0.1:1/0")
    level, said = lines(run, code=1)["RQ's Redis"]
    assert level == "fail" and "CUELINE_RQ_REDIS_URL" in said


def test_a_partition_without_an_owner_is_named_while_entries_wait(run: Run, well: Engine, redis: Redis) -> None:
    redis.xadd(keys.stream(2), {"e": "x"}, id=f"{int(time.time() * 1000) - 30_000}-0")
    level, said = lines(run, code=1)["Partitions"]
    assert level == "fail" and "partition 2" in said and "1 event waits" in said
    redis.set(keys.lease(2), "somebody")
    assert "Partitions" not in lines(run, code=0)


def test_entries_of_partitions_that_are_no_more_are_found(run: Run, well: Engine, redis: Redis) -> None:
    redis.xadd(keys.stream(6), {"e": "x"})
    level, said = lines(run, code=1)["Partitions"]
    assert level == "fail" and "CUELINE_PARTITIONS=7" in said


def test_no_deliver_process_fails_with_what_to_start(run: Run, well: Engine, redis: Redis) -> None:
    redis.delete(keys.slot("deliver", 0))
    level, said = lines(run, code=1)["Deliver"]
    assert level == "fail" and "`cueline worker`" in said


def test_a_drain_whose_clock_is_ahead_is_named_by_its_host(run: Run, well: Engine, redis: Redis) -> None:
    redis.zadd(keys.DRAINS, {"drain-1-2-far-away-99": time.time() * 1000 + 60_000})
    level, said = lines(run, code=0)["Clocks"]
    assert level == "warn" and "far-away by" in said and "NTP" in said


@contextmanager
def overdue(engine: Engine, **values: object) -> Iterator[None]:
    rows = Rows(engine, 1, first_id=int(str(values["due_ms"])))
    name = str(values["due_ms"])
    user, campaign = rows.user(name), rows.campaign(name)
    event = rows.event(user_id=user)
    mail = rows.delivery(rows.run(campaign, user, event), user, event, **values)
    yield
    with writing(engine) as connection:
        connection.execute(delete(deliveries).where(deliveries.c.id == mail))


def test_mails_that_are_overdue_and_those_that_no_server_takes_are_named(run: Run, well: Engine) -> None:
    now_ms = int(time.time() * 1000)
    with overdue(well, state="pending", due_ms=now_ms - 3_600_000, closed_ms=None):
        level, said = lines(run, code=1)["Deliveries"]
    assert level == "fail" and "1 mail is overdue, the oldest for 60 min" in said
    reason = "unreachable: the mail server mail:25 cannot be used: refused"
    with overdue(well, state="pending", due_ms=now_ms + 60_000, closed_ms=None, reason=reason):
        level, said = lines(run, code=0)["Deliveries"]
    assert level == "warn" and "1 mail waits for the mail server: the mail server mail:25" in said


def test_a_mail_server_that_does_not_take_us_is_told_in_its_words(
    run: Run, well: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUELINE_SMTP_URL", f"smtp://me:hidden@127.0.0.1:{free_port()}")
    level, said = lines(run, code=1)["Mail"]
    assert level == "fail" and "CUELINE_SMTP_URL" in said and "hidden" not in said


def test_a_folder_that_cannot_be_written_to_is_named(run: Run, well: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELINE_DATA", "/proc")
    monkeypatch.delenv("CUELINE_SMTP_URL")
    monkeypatch.delenv("CUELINE_REDIS_URL")
    level, said = by_name(run("doctor").stdout)["Data directory"]
    assert level == "fail" and "/proc" in said and "cannot be written" in said


def test_an_sqlite_that_somebody_else_has_locked_is_said_to_be(
    run: Run, well: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "locked.db"
    engine = open_engine(f"sqlite:///{file}")
    monkeypatch.setenv("CUELINE_DATABASE_URL", f"sqlite:///{file}")
    assert run("db", "upgrade").exit_code == 0
    engine.dispose()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        level, said = by_name(run("doctor").stdout)["SQL"]
    assert level == "fail" and "locked by somebody else" in said


def test_without_a_data_directory_it_says_so_and_speaks_of_no_rights(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUELINE_DATA", str(data / "elsewhere"))
    lines = [line for line in run("doctor").stdout.splitlines() if "Data directory" in line]
    assert lines == [f"fail  Data directory is not there ({data / 'elsewhere'})"]


def test_figures_are_written_as_people_say_them() -> None:
    assert [seconds(ms) for ms in (400, 12_000, 150_000, 9_000_000, 400_000_000)] == [
        *("0.4 s", "12 s", "2 min", "2 h", "4 d"),
    ]
    assert shown("rediss+cluster://me:hidden@a:1,b:2") == "rediss+cluster://me:•••@a:1,b:2"
    assert shown("redis://a:1/0") == "redis://a:1/0"


def test_a_pipe_in_which_nothing_waits_is_well() -> None:
    nothing = pipe.Pipe({0: 0}, {}, frozenset(), {"drain-0-1-h-1": NOW_MS}, has_clock=True)
    assert {check.level for check in pipe.judge(nothing, partitions=1)} == {"ok"}
