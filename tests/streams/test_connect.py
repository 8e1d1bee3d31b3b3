"""What an address says: the nodes of a cluster, and what is the same for all of them."""

from __future__ import annotations

import pytest

from cueline.streams.connect import ClusterUrl, connect


def test_nodes_have_a_port_of_their_own_or_the_usual_one() -> None:
    found = ClusterUrl.read("redis+cluster://one:7000,[::1]:7001,two")
    assert found.nodes == [("one", 7000), ("::1", 7001), ("two", 6379)]


@pytest.mark.parametrize(
    ("url", "node"),
    [
        ("redis+cluster://one", "redis://other:7000"),
        ("rediss+cluster://:s3c%40ret@one,two", "rediss://:s3c%40ret@other:7000"),
        ("rediss+cluster://ada:pw@one?ssl_cert_reqs=none", "rediss://ada:pw@other:7000?ssl_cert_reqs=none"),
    ],
)
def test_a_node_that_we_are_told_of_is_spoken_to_like_those_that_were_named(url: str, node: str) -> None:
    assert ClusterUrl.read(url).url_of("other", 7000) == node


def test_an_ipv6_node_is_put_in_brackets() -> None:
    assert ClusterUrl.read("redis+cluster://one").url_of("::1", 7000) == "redis://[::1]:7000"


def test_a_cluster_is_not_opened_without_a_redis_beside_it() -> None:
    with pytest.raises(ValueError, match="beside"):
        connect("redis+cluster://one")
