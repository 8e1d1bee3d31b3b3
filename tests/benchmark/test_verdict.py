"""Sizing from figures: pure."""

from __future__ import annotations

import pytest

from cueline.benchmark.verdict import CPU, PARTITIONS, REDIS, SQLITE, Costs, carried, rounded, taken_in

COSTS = Costs(web_us=200, redis_us=50, drain_us=150, drained_per_s=5_000)


def test_cores_are_shared_by_web_redis_and_drain() -> None:
    found = carried(COSTS, cores=1, is_sqlite=False, partitions=4)
    assert (found.per_s, found.limit) == (2_500, CPU)


def test_one_sqlite_takes_no_more_than_one_drain_writes() -> None:
    found = carried(COSTS, cores=8, is_sqlite=True, partitions=4)
    assert (found.per_s, found.limit) == (5_000, SQLITE)


def test_partitions_are_a_limit_where_each_has_its_drain() -> None:
    found = carried(COSTS, cores=64, is_sqlite=False, partitions=2)
    assert (found.per_s, found.limit) == (10_000, PARTITIONS)


def test_redis_is_a_limit_however_many_cores_there_are() -> None:
    found = carried(COSTS, cores=64, is_sqlite=False, partitions=64)
    assert (found.per_s, found.limit) == (20_000, REDIS)


def test_a_redis_that_took_no_time_is_no_limit() -> None:
    cost = Costs(web_us=200, redis_us=0, drain_us=200, drained_per_s=5_000)
    assert carried(cost, cores=2, is_sqlite=True, partitions=4).limit == CPU


def test_a_burst_costs_no_draining() -> None:
    assert taken_in(COSTS, cores=2) == 8_000
    assert taken_in(COSTS, cores=64) == 20_000


@pytest.mark.parametrize(("figure", "shown"), [(0, 0), (0.4, 0), (7, 7), (42, 42), (1_234, 1_200), (98_765, 99_000)])
def test_no_more_is_claimed_than_was_measured(figure: float, shown: int) -> None:
    assert rounded(figure) == shown
