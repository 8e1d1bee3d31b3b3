"""One client for a Redis Cluster: what lies where, what is sent once, what goes on while a node is away."""

from __future__ import annotations

import time

import pytest
from redis import ConnectionError, Redis, RedisError

from cueline.errors import Unavailable
from cueline.streams import keys
from cueline.streams.append import append
from cueline.streams.caller import Caller, wire_to
from cueline.streams.connect import connect, connect_for_web, masters
from tests.cluster.nodes import Nodes, wait_for

PARTITIONS = range(6)
MAX = 1_000


@pytest.fixture(params=["client", "wire"])
def door(redis: Redis, request: pytest.FixtureRequest) -> Caller:
    """As the workers append, and as the collector does."""
    return redis if request.param == "client" else wire_to(redis)


def put(redis: Caller, partition: int, *entries: bytes) -> bool:
    """False when it was refused, as a sender sees it: 503."""
    try:
        append(redis, partition, list(entries), max_len=MAX)
    except Unavailable:
        return False
    return True


def lengths(redis: Redis) -> list[int]:
    return [int(redis.xlen(keys.stream(partition))) for partition in PARTITIONS]


def home_of(nodes: Nodes, partition: int) -> int:
    """The port of the node that has the partition."""
    return nodes.port_of(nodes.slot_of(keys.stream(partition)))


def test_partitions_lie_on_the_cluster_and_all_else_beside_it(nodes: Nodes, redis: Redis, redis_url: str) -> None:
    for partition in PARTITIONS:
        append(redis, partition, [b"1"], max_len=MAX)
    redis.set(keys.CLOCK_LEADER, "me")
    redis.hset(keys.ACCESS, "k", "v")
    on_cluster = {key.decode() for port in nodes.ports for key in nodes.client(port).scan_iter()}
    assert on_cluster == {keys.stream(partition) for partition in PARTITIONS}
    assert all(nodes.client(port).dbsize() for port in nodes.ports), "one node has no partition"
    assert set(Redis.from_url(redis_url).keys()) == {keys.CLOCK_LEADER.encode(), keys.ACCESS.encode()}


def test_several_nodes_answer_in_the_order_of_the_questions(redis: Redis) -> None:
    for partition in PARTITIONS:
        append(redis, partition, [b"x"] * partition or [b"x"], max_len=MAX)
    with redis.pipeline(transaction=False) as pipe:
        for partition in PARTITIONS:
            pipe.xlen(keys.stream(partition))
        pipe.exists(keys.CLOCK_LEADER)
        assert pipe.execute() == [1, 1, 2, 3, 4, 5, 0]


def test_a_transaction_over_several_slots_is_refused_before_anything_is_sent(redis: Redis) -> None:
    with pytest.raises(ValueError, match="one slot"), redis.pipeline(transaction=True) as pipe:
        pipe.set("{p0}:a", "1")
        pipe.set("{p3}:a", "1")
        pipe.execute()
    assert redis.exists("{p0}:a") == 0


def test_a_command_without_a_key_has_no_way_to_go(redis: Redis) -> None:
    with pytest.raises(ValueError, match="no key"):
        redis.execute_command("DBSIZE")


def test_nothing_is_asked_before_the_first_use(redis_url: str) -> None:
    away = connect("redis+cluster://127.0.0.1:1,127.0.0.1:2", rest=redis_url)
    with pytest.raises(ConnectionError, match="No node of the cluster answers"):
        away.xlen(keys.stream(0))
    assert not put(away, 0, b"1")


def test_the_cluster_takes_events_while_the_redis_beside_it_is_away(nodes: Nodes) -> None:
    redis = connect(nodes.url, rest="redis://127.0.0.1:1")
    assert all(put(redis, partition, b"1") for partition in PARTITIONS)
    with pytest.raises(ConnectionError):
        redis.hget(keys.ACCESS, "k")


def test_a_redis_by_itself_is_told_apart(redis_url: str, lone_port: int) -> None:
    mistaken = connect(f"redis+cluster://127.0.0.1:{lone_port}", rest=redis_url)
    with pytest.raises(ConnectionError, match="is no node of a cluster"):
        mistaken.xlen(keys.stream(0))


def test_an_unanswered_append_is_not_sent_again(nodes: Nodes, redis_url: str) -> None:
    """A node that stands still takes it when it goes on: once, though nobody was told."""
    hasty = wire_to(connect_for_web(nodes.url, rest=redis_url, timeout_s=0.3))
    assert put(hasty, 0, b"before")
    paused = nodes.client(home_of(nodes, 0))
    paused.client_pause(1_000)
    assert not put(hasty, 0, b"once")
    wait_for(paused.ping)
    entries = [fields[b"e"] for _, fields in paused.xrange(keys.stream(0))]
    assert entries in ([b"before", b"once"], [b"before"])


def test_a_node_that_hangs_holds_up_its_own_partitions_only(nodes: Nodes, redis_url: str) -> None:
    hasty = wire_to(connect_for_web(nodes.url, rest=redis_url, timeout_s=0.5))
    assert all(put(hasty, partition, b"1") for partition in PARTITIONS)
    hanging = home_of(nodes, 0)
    nodes.stop(hanging)
    assert not put(hasty, 0, b"2")
    began_s = time.monotonic()
    for _ in range(5):
        for partition in PARTITIONS:
            assert put(hasty, partition, b"2") == (home_of(nodes, partition) != hanging)
    assert time.monotonic() - began_s < 5, "each refusal has waited for the node"
    nodes.go_on(hanging)
    wait_for(lambda: all(put(hasty, partition, b"3") for partition in PARTITIONS))


def test_a_killed_node_stops_its_partitions_until_it_is_back_with_what_it_had(
    nodes: Nodes, redis: Redis, door: Caller
) -> None:
    assert all(put(door, partition, b"1") for partition in PARTITIONS)
    gone = home_of(nodes, 1)
    nodes.kill(gone)
    away = [partition for partition in PARTITIONS if home_of(nodes, partition) == gone]
    assert 0 < len(away) < len(PARTITIONS)
    # The others may refuse for as long as it takes them to agree that one of them is gone.
    for partition in PARTITIONS:
        if partition in away:
            assert not put(door, partition, b"2")
        else:
            wait_for(lambda partition=partition: put(door, partition, b"2"))
    assert redis.ping()
    nodes.start_node(gone)
    wait_for(lambda: all(put(door, partition, b"3") for partition in away))
    assert all(length >= 2 for length in lengths(redis))
    assert b"1" in [fields[b"e"] for _, fields in redis.xrange(keys.stream(away[0]))]


def test_an_error_stands_in_place_of_what_a_lost_node_would_have_said(nodes: Nodes, redis: Redis) -> None:
    lengths(redis)
    gone = home_of(nodes, 0)
    nodes.kill(gone)
    with redis.pipeline(transaction=False) as pipe:
        for partition in PARTITIONS:
            pipe.xlen(keys.stream(partition))
        answers = pipe.execute(raise_on_error=False)
    failed = [partition for partition in PARTITIONS if isinstance(answers[partition], RedisError)]
    assert set(failed) >= {partition for partition in PARTITIONS if home_of(nodes, partition) == gone}
    assert len([name for name, _ in masters(redis)]) == 3


@pytest.mark.parametrize("entry", [b"on the way", b"at home"])
def test_a_slot_that_moves_takes_its_events_along(nodes: Nodes, redis: Redis, door: Caller, entry: bytes) -> None:
    """Before, while and after: each append is in the stream once, in its order."""
    append(door, 0, [b"1"], max_len=MAX)
    move = nodes.begin_move(nodes.slot_of(keys.stream(0)))
    append(door, 0, [b"2"], max_len=MAX)
    move.carry_keys()
    append(door, 0, [b"3"], max_len=MAX)
    if entry == b"at home":
        move.finish()
    append(door, 0, [entry], max_len=MAX)
    assert [fields[b"e"] for _, fields in redis.xrange(keys.stream(0))] == [b"1", b"2", b"3", entry]
    move.finish()
    nodes.begin_move(nodes.slot_of(keys.stream(0)), to=move.source).carry_all()
