"""Which buckets a request draws from, and how large they are on one partition."""

from __future__ import annotations

import dataclasses

import pytest

from cueline.config import Settings
from cueline.intake.rates import address_key, browser_limits, key_limit
from cueline.store.keys import Access

ACCESS = Access("wk_a", "write", 7, ("*",), ("*",), "off", "secret", None, 1_800_000)


def sizes(settings: Settings, rates: dict[str, int] | None = None) -> dict[str, tuple[float, float]]:
    access = Access(*[rates if f == "rates" else getattr(ACCESS, f) for f in Access.__struct_fields__])
    limits = browser_limits(access, settings, address="192.0.2.1", visitor_id="v", cost=3)
    assert {limit.cost for limit in limits} == {3}
    return {limit.kind: (limit.rate_per_s, limit.burst) for limit in limits}


@pytest.mark.parametrize(("partitions", "key", "address"), [(1, 20_000, 2_000), (2, 20_000, 2_000), (8, 5_000, 500)])
def test_what_spreads_over_partitions_has_twice_its_share_on_each(partitions: int, key: int, address: int) -> None:
    settings = dataclasses.replace(Settings(), partitions=partitions)
    assert sizes(settings) == {"key": (key, 10 * key), "address": (address, 10 * address), "visitor": (100, 1_000)}


def test_a_workspace_may_have_rates_of_its_own() -> None:
    settings = dataclasses.replace(Settings(), partitions=1)
    assert sizes(settings, {"visitor": 5}) == {
        "key": (20_000, 200_000),
        "address": (2_000, 20_000),
        "visitor": (5, 50),
    }


def test_buckets_belong_to_a_workspace() -> None:
    limits = browser_limits(ACCESS, Settings(), address="192.0.2.1", visitor_id="v", cost=1)
    assert [limit.who for limit in limits] == ["wk_a", "7:v", "7:192.0.2.1"]


def test_an_unknown_address_has_no_bucket() -> None:
    limits = browser_limits(ACCESS, Settings(), address=None, visitor_id="v", cost=1)
    assert [limit.kind for limit in limits] == ["key", "visitor"]


def test_a_server_has_the_bucket_of_its_key_alone() -> None:
    assert key_limit(ACCESS, Settings(), cost=500).kind == "key"


@pytest.mark.parametrize(
    ("address", "bucket"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", None),
        ("unix:", None),
        ("192.0.2.1.evil", None),
    ],
)
def test_an_address_is_an_ipv4_or_an_ipv6_household(address: str, bucket: str | None) -> None:
    assert address_key(address) == bucket
