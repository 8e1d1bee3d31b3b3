"""The whole way over a Redis Cluster in processes of their own, a master killed meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cueline.streams import keys
from cueline.streams.connect import connect
from tests.cluster.nodes import Nodes
from tests.e2e.stack import eventually
from tests.faults import sender
from tests.faults.judge import judge
from tests.faults.shoppers import Shoppers
from tests.faults.site import COUNTED, JOBS, ROOT, Site, running

pytestmark = [pytest.mark.redis, pytest.mark.timeout(300)]

PARTITIONS = 6
SEED = 20_261_124


class ClusterSite(Site):
    """Its streams are on the cluster; its own Redis is the one beside it."""

    def __init__(self, home: Path, nodes: Nodes, rest: str) -> None:
        settings = {"REDIS_URL": nodes.url, "RQ_REDIS_URL": rest, "PARTITIONS": str(PARTITIONS)}
        stores = {f"CUELINE_{name}": value for name, value in settings.items()}
        super().__init__(home, f"sqlite:///{home / 'cueline.db'}", {"campaigns": [COUNTED]}, **stores)
        self.streams = connect(nodes.url, rest=rest)

    def waiting(self) -> int:
        return sum(int(self.streams.xlen(keys.stream(partition))) for partition in range(PARTITIONS))

    def doctor(self) -> str:
        command = [sys.executable, "-m", "cueline", "doctor"]
        return subprocess.run(command, cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=60).stdout

    def close(self) -> None:
        self.streams.close()
        super().close()


def batch_in(partition: int) -> tuple[str, list[sender.Item]]:
    """From the server, of a user whose events lie there; the first workspace has the id 1."""
    user = next(f"p{n}" for n in range(1_000) if keys.partition_of(1, f"p{n}", PARTITIONS) == partition)
    return sender.server_batch(user, [f"probe-{partition}"], action="Probe")


def is_taken(url: str, partition: int) -> bool:
    return sender.post(url, *batch_in(partition))


def is_put_off(url: str, partition: int) -> bool:
    answer = sender.ask(url, *batch_in(partition))
    return answer.status == 503 and int(answer.retry_after or 0) > 0


def other(nodes: Nodes, gone: int) -> int:
    """A partition that is still there."""
    return next(partition for partition in range(PARTITIONS) if home_of(nodes, partition) != gone)


def said(url: str, path: str) -> str:
    return sender.ask(url, path).text


@pytest.fixture
def site(tmp_path: Path, nodes: Nodes, redis_url: str) -> Iterator[ClusterSite]:
    with running(ClusterSite(tmp_path, nodes, redis_url)) as site:
        yield site


def home_of(nodes: Nodes, partition: int) -> int:
    return nodes.port_of(nodes.slot_of(keys.stream(partition)))


def test_a_master_is_killed_and_comes_back_and_every_event_counts_once(site: ClusterSite, nodes: Nodes) -> None:
    url = site.start_web()
    site.start("clock", *JOBS, "clock")
    site.start("deliver", *JOBS, "deliver")
    for name in ("drain-0", "drain-1"):
        site.start(name, *JOBS, "drain")
    eventually(lambda: sender.is_up(url), 60)
    shoppers = Shoppers(url, 2_000, SEED, 2.0, deadline_s=150)
    shoppers.start()
    eventually(lambda: shoppers.share_done > 0.1, 60)
    gone = home_of(nodes, 0)
    nodes.kill(gone)
    for partition in range(PARTITIONS):
        if home_of(nodes, partition) == gone:
            assert is_put_off(url, partition)
        else:
            eventually(lambda partition=partition: is_taken(url, partition), 60)
    assert "does not answer" in site.doctor()
    eventually(lambda: 'cueline_stream_up{partition="0"} 0.0' in said(url, "/metrics"), 60)
    there = f'cueline_stream_up{{partition="{other(nodes, gone)}"}} 1.0'
    eventually(lambda: there in said(url, "/metrics"), 60)
    eventually(lambda: json.loads(said(url, "/readyz"))["stores"]["redis"] == "ok", 60)
    nodes.start_node(gone)
    shoppers.let_finish()
    shoppers.finish()
    assert shoppers.acknowledged == shoppers.sent
    eventually(lambda: site.waiting() == 0, 60)
    verdict = judge(site.effects(), sent=shoppers.sent, acknowledged=shoppers.acknowledged)
    assert verdict.is_good, (verdict, site.log("drain-0"))
    eventually(lambda: "fail" not in site.doctor(), 60)
