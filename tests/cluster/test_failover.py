"""A replica takes over: what it had is drained from it, and its address is found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cueline.streams import keys
from cueline.streams.append import append
from cueline.streams.connect import connect
from cueline.streams.read import Reader
from tests.cluster.nodes import Nodes, wait_for
from tests.cluster.test_client import PARTITIONS, home_of, put

pytestmark = pytest.mark.soak


@pytest.fixture
def own_nodes(redis_binary: str) -> Iterator[Nodes]:
    """One of them will not be what it was."""
    nodes = Nodes(redis_binary)
    try:
        yield nodes.start()
    finally:
        nodes.close()


def test_the_partitions_of_a_lost_master_go_on_at_its_replica(own_nodes: Nodes, redis_url: str) -> None:
    redis = connect(own_nodes.url, rest=redis_url)
    reader = Reader(redis, "me")
    lost = home_of(own_nodes, 0)
    replica = own_nodes.add_replica(lost)
    append(redis, 0, [b"before"], max_len=100)
    wait_for(lambda: own_nodes.client(replica).info("replication")["slave_repl_offset"] == _offset(own_nodes, lost))
    last = reader.prepare(0)
    own_nodes.kill(lost)
    wait_for(lambda: put(redis, 0, b"after"))
    entries = [fields[b"e"] for _, fields in redis.xrange(keys.stream(0))]
    assert entries[0] == b"before" and entries[-1] == b"after"
    assert own_nodes.client(replica).info("replication")["role"] == "master"
    wait_for(lambda: reader.wait({0: last}, block_ms=1_000))
    wait_for(lambda: all(put(redis, partition, b"later") for partition in PARTITIONS))
    reader.close()
    redis.close()


def _offset(nodes: Nodes, port: int) -> int:
    return int(nodes.client(port).info("replication")["master_repl_offset"])
