"""Draining: how many events one drain process works on in a second, and the CPU of each."""

from __future__ import annotations

import time
from typing import Final

from cueline.benchmark import drainer
from cueline.benchmark.children import Drainer
from cueline.benchmark.measured import DrainedBy, Round, medians
from cueline.benchmark.shop import Shop

PER_ROUND: Final = 2_000
WARM_UP: Final = 1_000
# No more than this is ever written: about 150 MB of SQL.
_MOST: Final = 100_000


def drain(child: Drainer, shop: Shop, *, seconds: float) -> DrainedBy:
    """Rounds of 2,000 events until the time is over, after one that warms up."""
    one_round(child, shop, WARM_UP)
    until_s = time.monotonic() + seconds
    rounds = [one_round(child, shop, PER_ROUND)]
    while time.monotonic() < until_s and len(rounds) * PER_ROUND < _MOST:
        rounds.append(one_round(child, shop, PER_ROUND))
    return medians(shop.size, rounds)


def one_round(child: Drainer, shop: Shop, events: int) -> Round:
    done = child.drain(drainer.Drain(shop.workspace_id, shop.size, events))
    return Round(done.events, done.seconds, done.cpu_s)
