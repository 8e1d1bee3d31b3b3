"""A Redis Cluster of three masters for the whole run, and beside it a Redis by itself, as RQ needs one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from redis import Redis

from cueline.streams.connect import connect
from tests.cluster.nodes import Nodes, free_ports, wait_for


@pytest.fixture(scope="session")
def cluster_of_the_run(redis_binary: str) -> Iterator[Nodes]:
    nodes = Nodes(redis_binary)
    try:
        yield nodes.start()
    finally:
        nodes.close()


@pytest.fixture
def nodes(cluster_of_the_run: Nodes) -> Nodes:
    """Empty, and all there."""
    cluster_of_the_run.mend()
    return cluster_of_the_run


@pytest.fixture
def redis(nodes: Nodes, redis_url: str) -> Iterator[Redis]:
    """The cluster as our processes see it."""
    client = connect(nodes.url, rest=redis_url)
    yield client
    client.close()


@pytest.fixture
def lone_port(redis_binary: str) -> Iterator[int]:
    """A Redis by itself that listens on a port."""
    (port,) = free_ports(1)
    server = subprocess.Popen([redis_binary, "--port", str(port), "--save", ""], stdout=subprocess.DEVNULL)
    wait_for(lambda: Redis(port=port).ping())
    yield port
    server.terminate()
    server.wait(10)
