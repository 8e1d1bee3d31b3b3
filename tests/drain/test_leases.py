"""Who owns a partition: fair share, takeover in order, fencing of an owner that was paused past its lease."""

import threading
import time
from collections.abc import Callable

import pytest
from redis import Redis

from cueline.drain.commit import Committer
from cueline.drain.leases import Leases
from cueline.drain.share import beat, fair_share
from cueline.errors import LeaseLost, Unavailable
from cueline.store.batch import leases as epochs
from cueline.store.session import open_engine, writing
from cueline.streams import keys, lease
from cueline.streams.entry import decode
from cueline.streams.read import Reader
from tests.conftest import free_port
from tests.drain.pipe import Pipe


def until(is_true: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, f"not true within {seconds} s"
        time.sleep(0.01)


def partition_of(pipe: Pipe, who: str) -> int:
    return keys.partition_of(pipe.workspace_id, who, pipe.settings.partitions)


@pytest.mark.parametrize(("partitions", "drains"), [(1, 1), (4, 2), (4, 3), (8, 4), (8, 3), (2, 5)])
def test_shares_add_up_and_differ_by_one_at_most(partitions: int, drains: int) -> None:
    names = [f"d{n}" for n in range(drains)]
    shares = [fair_share(name, names, partitions) for name in names]
    assert sum(shares) == partitions
    assert max(shares) - min(shares) <= 1


def test_a_drain_that_falls_silent_is_no_longer_counted(redis: Redis) -> None:
    beat(redis, "old", now_ms=1_000)
    assert beat(redis, "new", now_ms=2_000) == ["old", "new"]
    assert beat(redis, "new", now_ms=10_000) == ["new"]


def test_two_owners_share_and_the_survivor_takes_all(pipe: Pipe) -> None:
    with pipe.owner("a") as first:
        until(lambda: _owned(first) == [0, 1])
        with pipe.owner("b") as second:
            until(lambda: len(_owned(first)) == 1 and len(_owned(second)) == 1)
            assert sorted(_owned(first) + _owned(second)) == [0, 1]
        until(lambda: _owned(first) == [0, 1])


def _owned(leases: Leases) -> list[int]:
    leases.balance()
    return sorted(one.partition for one in leases.owned())


def test_a_lease_is_renewed_beyond_its_life(pipe: Pipe) -> None:
    with pipe.owner("a") as owner:
        _owned(owner)
        time.sleep(pipe.settings.lease_ms / 1000 + 0.4)
        assert sorted(one.partition for one in owner.owned()) == [0, 1]


def test_what_a_dead_owner_took_is_handled_first_and_in_order(pipe: Pipe) -> None:
    partition = partition_of(pipe, "ada")
    for name in ("A", "B", "C"):
        pipe.action(name)
    dead = Reader(pipe.redis, "dead")
    dead.prepare(partition)
    lease.acquire(pipe.redis, partition, "dead-token", life_ms=60_000)
    assert len(dead.read(partition, "dead-token", count=2)) == 2
    pipe.redis.delete(keys.lease(partition))
    pipe.action("D")
    pipe.drain()
    assert pipe.rows("events", "action") == ["A", "B", "C", "D"]
    assert pipe.redis.xpending(keys.stream(partition), keys.GROUP)["pending"] == 0
    assert [c["name"] for c in pipe.redis.xinfo_consumers(keys.stream(partition), keys.GROUP)] == [b"test"]


@pytest.mark.parametrize("is_caught_up", [False, True])
def test_a_stream_that_somebody_deleted_is_made_anew_by_its_owner(pipe: Pipe, is_caught_up: bool) -> None:
    partition = partition_of(pipe, "ada")
    with pipe.owner() as owner:
        until(lambda: _owned(owner) == [0, 1])
        for one in owner.owned():
            one.is_caught_up = is_caught_up
        pipe.redis.delete(keys.stream(partition))
        pipe.action("A")
        end = time.monotonic() + 10
        pipe.worker(owner).run(lambda: pipe.rows("events", "action") == ["A"] or time.monotonic() > end)
    assert pipe.rows("events", "action") == ["A"]


def test_an_owner_past_its_lease_can_take_nothing(pipe: Pipe) -> None:
    partition = partition_of(pipe, "ada")
    reader = Reader(pipe.redis, "paused")
    reader.prepare(partition)
    lease.acquire(pipe.redis, partition, "other", life_ms=60_000)
    pipe.action("A")
    with pytest.raises(LeaseLost):
        reader.read(partition, "mine", count=10)
    with pytest.raises(LeaseLost):
        reader.take_over(partition, "mine", count=10)
    assert pipe.redis.xpending(keys.stream(partition), keys.GROUP)["pending"] == 0


def test_a_batch_of_an_older_epoch_rolls_back(pipe: Pipe) -> None:
    partition = partition_of(pipe, "ada")
    pipe.action("A")
    reader = Reader(pipe.redis, "paused")
    reader.prepare(partition)
    lease.acquire(pipe.redis, partition, "t", life_ms=60_000)
    messages = reader.read(partition, "t", count=10)
    with writing(pipe.engine) as connection:
        old = epochs.begin_epoch(connection, partition, owner="paused")
    with writing(pipe.engine) as connection:
        new = epochs.begin_epoch(connection, partition, owner="successor")
    assert new == old + 1
    with pytest.raises(LeaseLost):
        Committer(pipe.engine, clock=pipe.clock).commit(messages, epochs={partition: old})
    assert pipe.rows("events", "id") == []


def test_a_batch_done_twice_changes_nothing(pipe: Pipe) -> None:
    """As after a death between commit and acknowledge."""
    pipe.apply(
        campaigns=[
            {"key": "p", "kind": "rule", "trigger": {"action": "A"}, "entry": {"limit": 99}, "do": [{"points": 1}]}
        ]
    )
    partition = partition_of(pipe, "ada")
    pipe.action("A")
    reader = Reader(pipe.redis, "r")
    reader.prepare(partition)
    lease.acquire(pipe.redis, partition, "t", life_ms=60_000)
    messages = reader.read(partition, "t", count=10)
    with writing(pipe.engine) as connection:
        epoch = epochs.begin_epoch(connection, partition, owner="r")
    committer = Committer(pipe.engine, clock=pipe.clock)
    first = committer.commit(messages, epochs={partition: epoch})
    second = committer.commit(messages, epochs={partition: epoch})
    assert (first[0].repeats, second[0].repeats) == (0, 1)
    assert pipe.rows("ledger", "amount") == [1]


def test_several_drains_keep_the_order_of_each_browser(pipe: Pipe) -> None:
    """Drains come and go while 20 browsers report 30 numbered actions each."""
    stop = threading.Event()

    def work(name: str, life_s: float) -> None:
        while not stop.is_set():
            end = time.monotonic() + life_s
            with pipe.owner(name) as owner:
                pipe.worker(owner, name).run(lambda end=end: stop.is_set() or time.monotonic() > end)  # type: ignore[misc]

    threads = [threading.Thread(target=work, args=(f"d{n}", 0.3 + n / 5)) for n in range(3)]
    for thread in threads:
        thread.start()
    for number in range(30):
        for visitor in range(20):
            pipe.browser(
                "client_action",
                {"client_action": "Step", "number": number},
                visitor=f"v{visitor}",
                user_ext_id=f"u{visitor}",
            )
    try:
        until(lambda: len(pipe.rows("events", "id")) == 600, seconds=60)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    by_visitor: dict[str, list[int]] = {}
    for visitor, payload in pipe.rows("events", "visitor_id", "payload"):
        by_visitor.setdefault(visitor, []).append(payload["number"])
    assert all(numbers == list(range(30)) for numbers in by_visitor.values())
    assert len(by_visitor) == 20


def test_sql_out_of_reach_is_waited_for_and_buries_nothing(pipe: Pipe) -> None:
    pipe.action("A")
    partition = partition_of(pipe, "ada")
    reader = Reader(pipe.redis, "r")
    reader.prepare(partition)
    lease.acquire(pipe.redis, partition, "t", life_ms=60_000)
    messages = reader.read(partition, "t", count=10)
    nobody = open_engine(f"postgresql+psycopg://x@127.0.0.1:{free_port()}/x")
    with pytest.raises(Unavailable):
        Committer(nobody, clock=pipe.clock).commit(messages, epochs={partition: 1})


def test_an_entry_survives_its_encoding(pipe: Pipe) -> None:
    entry = pipe.browser("client_action", {"client_action": "A"}, context={"url": "https://shop.example/"})
    found = pipe.redis.xrange(keys.stream(partition_of(pipe, "v1")))
    assert decode(found[0][1][b"e"]) == entry
