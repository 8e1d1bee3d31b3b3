"""Where a benchmark writes: nothing of the operator's is touched, nothing is left, and what is left is found."""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import inspect, text

from cueline.benchmark import place_redis
from cueline.benchmark.place import clean, place
from cueline.config import Settings
from cueline.errors import CuelineError
from cueline.store.migrate import upgrade
from cueline.store.session import open_engine, writing
from tests.benchmark import belongings


def _work(database_url: str, redis_url: str) -> None:
    """What a benchmark does to its place, in short."""
    engine = open_engine(database_url)
    upgrade(engine)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE bench_commits (n integer)"))
    engine.dispose()
    Redis.from_url(redis_url).set("cueline:{p0}:events", "1")


def test_a_place_is_empty_and_elsewhere_and_leaves_nothing(settings: Settings) -> None:
    before = belongings.of(settings)
    with place(settings) as made:
        engine = open_engine(made.database_url)
        assert inspect(engine).get_table_names() == []
        engine.dispose()
        _work(made.database_url, made.redis_url)
        assert belongings.of(settings) != before
    assert belongings.of(settings) == before


def test_a_place_is_removed_when_the_work_fails(settings: Settings) -> None:
    before = belongings.of(settings)
    with pytest.raises(ZeroDivisionError), place(settings) as made:
        _work(made.database_url, made.redis_url)
        raise ZeroDivisionError
    assert belongings.of(settings) == before


def test_what_somebody_else_wrote_into_the_same_redis_database_stays(settings: Settings) -> None:
    with place(settings) as made:
        Redis.from_url(made.redis_url).set("theirs", "1")
    assert Redis.from_url(made.redis_url).keys() == [b"theirs"]


def test_two_benchmarks_on_one_database_do_not_meet(settings: Settings) -> None:
    with place(settings), pytest.raises(CuelineError, match="Another `cueline bench` works"), place(settings):
        pass


def _stay(settings: Settings, made: Connection) -> None:
    with place(settings) as found:
        _work(found.database_url, found.redis_url)
        made.send(found.redis_url)
        signal.pause()


def _killed(settings: Settings) -> str:
    """A benchmark that was killed in the middle; the address of the Redis database it left."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_stay, args=(settings, theirs))
    process.start()
    assert ours.poll(60)
    address = str(ours.recv())
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join(30)
    return address


def _let_its_sign_of_life_run_out(address: str) -> None:
    Redis.from_url(address).delete("cueline:bench:alive")


@pytest.mark.parametrize("remove", ["clean", "run"])
def test_what_a_killed_benchmark_left_is_removed(settings: Settings, remove: str) -> None:
    before = belongings.of(settings)
    address = _killed(settings)
    _let_its_sign_of_life_run_out(address)
    assert belongings.of(settings) != before
    if remove == "clean":
        assert len(clean(settings)) == 2
    else:
        with place(settings):
            pass
    assert belongings.of(settings) == before
    assert clean(settings) == []


def test_a_redis_database_in_use_is_not_cleaned(settings: Settings) -> None:
    with place_redis.held(settings) as address:
        Redis.from_url(address).set("cueline:{p0}:events", "1")
        assert place_redis.clean(settings) == []
        assert Redis.from_url(address).exists("cueline:{p0}:events")
        with place_redis.held(settings) as other:
            assert other != address


def test_a_redis_without_an_empty_database_is_told(settings: Settings, redis_url: str) -> None:
    for number in range(1, 16):
        Redis.from_url(f"{redis_url}?db={number}").set("taken", "1")
    with pytest.raises(CuelineError, match="needs a Redis database of its own"), place(settings):
        pass


def test_a_file_or_schema_of_that_name_which_is_not_ours_is_refused(settings: Settings, tmp_path: Path) -> None:
    engine = open_engine(settings.sql_url())
    if engine.dialect.name == "sqlite":
        theirs = open_engine(f"sqlite:///{tmp_path / 'cueline-bench.db'}")
    else:
        with writing(engine) as connection:
            connection.execute(text("CREATE SCHEMA cueline_bench"))
        theirs = engine
    with writing(theirs) as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS theirs (n integer)"))
    before = belongings.of(settings)
    with pytest.raises(CuelineError, match="was not made by `cueline bench`"), place(settings):
        pass
    assert belongings.of(settings) == before
    theirs.dispose()
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("redis://host:6379", 0),
        ("redis://host:6379/3", 3),
        ("redis://:secret@host/3?db=5", 5),
        ("unix:///tmp/redis.sock", 0),
        ("unix:///tmp/redis.sock?db=2", 2),
    ],
)
def test_an_address_is_moved_to_another_database_as_redis_reads_it(url: str, number: int) -> None:
    assert place_redis.number_of(url) == number
    moved = place_redis.with_number(url, 9)
    assert Redis.from_url(moved).connection_pool.connection_kwargs["db"] == 9
    assert place_redis.number_of(moved) == 9
