"""Names of keys: what one script touches lies in one slot of Redis Cluster."""

from __future__ import annotations

import dataclasses

import pytest
from redis import Redis
from redis.crc import key_slot

from cueline.config import Settings
from cueline.intake.rates import browser_limits
from cueline.store.keys import Access
from cueline.streams import keys
from cueline.streams.append import append

PARTITIONS = 8


@pytest.mark.parametrize("partition", [0, 3, 7])
def test_all_that_an_append_writes_lies_in_the_slot_of_its_partition(redis: Redis, partition: int) -> None:
    access = Access("wk_{a}", "write", 7, ("*",), ("*",), "off", "secret", None, 1_800_000)
    settings = dataclasses.replace(Settings(), partitions=PARTITIONS)
    # So much that no bucket is full again, and gone, before we look.
    limits = browser_limits(access, settings, address="192.0.2.1", visitor_id="{p1}{v}", cost=200_000)
    append(redis, partition, [b"1"], limits=limits, max_len=100)
    written = redis.keys()
    assert len(written) == 4
    assert {key_slot(name) for name in written} == {key_slot(f"{{p{partition}}}".encode())}


def test_partitions_spread_over_slots() -> None:
    slots = {key_slot(keys.stream(partition).encode()) for partition in range(PARTITIONS)}
    assert len(slots) == PARTITIONS


def test_a_lease_lies_with_its_stream() -> None:
    assert key_slot(keys.lease(5).encode()) == key_slot(keys.stream(5).encode())
