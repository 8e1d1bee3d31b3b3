"""Draining a Redis Cluster: waiting for streams of several nodes at once, leases, and a node away."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from redis import Redis
from sqlalchemy import Engine

from cueline.config import Settings
from cueline.streams import keys, lease
from cueline.streams.append import append
from cueline.streams.read import Reader
from tests.cluster.nodes import Nodes, wait_for
from tests.cluster.test_client import PARTITIONS, home_of
from tests.drain.pipe import Pipe, make_pipe

MAX = 1_000
TOKEN = "t"


@pytest.fixture
def reader(redis: Redis) -> Iterator[Reader]:
    reader = Reader(redis, "me")
    yield reader
    reader.close()


@pytest.fixture
def after(redis: Redis, reader: Reader) -> dict[int, str]:
    """Our partitions, and what was read of each: nothing."""
    for partition in PARTITIONS:
        lease.acquire(redis, partition, TOKEN, life_ms=60_000)
    return {partition: reader.prepare(partition) for partition in PARTITIONS}


@pytest.mark.parametrize("partition", PARTITIONS)
def test_an_entry_in_any_partition_ends_the_wait(
    redis: Redis, reader: Reader, after: dict[int, str], partition: int
) -> None:
    assert not reader.wait(after, block_ms=20)
    later = threading.Timer(0.05, lambda: append(redis, partition, [b"1"], max_len=MAX))
    later.start()
    assert reader.wait(after, block_ms=30_000)
    later.join()
    (found,) = reader.read(partition, TOKEN, count=10)
    assert found.data == b"1"


def test_what_was_read_no_longer_ends_the_wait(redis: Redis, reader: Reader, after: dict[int, str]) -> None:
    """Also where the question was asked before it was read."""
    assert not reader.wait(after, block_ms=20)
    append(redis, 2, [b"1"], max_len=MAX)
    (found,) = reader.read(2, TOKEN, count=10)
    reader.acknowledge([found])
    after[2] = found.stream_id
    assert not reader.wait(after, block_ms=100)
    append(redis, 2, [b"2"], max_len=MAX)
    assert reader.wait(after, block_ms=30_000)


def test_a_partition_that_is_no_longer_ours_is_not_waited_for(
    redis: Redis, reader: Reader, after: dict[int, str]
) -> None:
    assert not reader.wait(after, block_ms=20)
    del after[3]
    append(redis, 3, [b"1"], max_len=MAX)
    assert not reader.wait(after, block_ms=100)


def test_waiting_goes_on_with_the_connections_it_has(nodes: Nodes, reader: Reader, after: dict[int, str]) -> None:
    def received() -> int:
        return sum(int(nodes.client(port).info("stats")["total_connections_received"]) for port in nodes.ports)

    assert not reader.wait(after, block_ms=20)
    before = received()
    for _ in range(20):
        assert not reader.wait(after, block_ms=5)
    assert received() - before <= len(nodes.ports), "but those that count"


def test_a_moved_partition_is_read_on_where_it_is(
    nodes: Nodes, redis: Redis, reader: Reader, after: dict[int, str]
) -> None:
    """Lease, backlog and group go with it; who waits for it hears of it there."""
    append(redis, 0, [b"1", b"2"], max_len=MAX)
    (first,) = reader.read(0, TOKEN, count=1)
    assert not reader.wait({1: after[1]}, block_ms=20)
    move = nodes.begin_move(nodes.slot_of(keys.stream(0)))
    move.carry_all()
    (second,) = reader.read(0, TOKEN, count=10)
    assert (first.data, second.data) == (b"1", b"2")
    reader.acknowledge([first, second])
    assert not reader.wait({0: second.stream_id}, block_ms=50)
    append(redis, 0, [b"3"], max_len=MAX)
    assert reader.wait({0: second.stream_id}, block_ms=30_000)
    nodes.begin_move(nodes.slot_of(keys.stream(0)), to=move.source).carry_all()


@pytest.fixture
def pipe(redis: Redis, engine: Engine) -> Pipe:
    pipe = make_pipe(redis, engine)
    pipe.settings = Settings(partitions=len(PARTITIONS), lease_ms=1_000)
    return pipe


def user_in(pipe: Pipe, partition: int) -> str:
    return next(
        user
        for user in map(str, range(1_000))
        if keys.partition_of(pipe.workspace_id, user, len(PARTITIONS)) == partition
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_drain_works_on_with_the_partitions_that_are_there(nodes: Nodes, pipe: Pipe) -> None:
    """One node is killed and comes back while one drain has them all; what it held is drained then, once."""
    users = [user_in(pipe, partition) for partition in PARTITIONS]
    gone = home_of(nodes, 0)
    away = {partition for partition in PARTITIONS if home_of(nodes, partition) == gone}
    stop = threading.Event()

    def seen() -> set[str]:
        return set(pipe.rows("events", "action"))

    with pipe.owner() as leases:
        drain = pipe.worker(leases)
        worker = threading.Thread(target=drain.run, args=(stop.is_set,))
        worker.start()
        try:
            for user in users:
                pipe.action(f"before-{user}", user=user)
            wait_for(lambda: seen() >= {f"before-{user}" for user in users})
            nodes.kill(gone)
            there = [user for partition, user in enumerate(users) if partition not in away]
            for user in there:
                wait_for(lambda user=user: pipe.action(f"while-{user}", user=user))
            wait_for(lambda: seen() >= {f"while-{user}" for user in there})
            nodes.start_node(gone)
            for user in users:
                wait_for(lambda user=user: pipe.action(f"after-{user}", user=user))
            wait_for(lambda: seen() >= {f"after-{user}" for user in users})
        finally:
            stop.set()
            worker.join(30)
    assert not worker.is_alive()
