"""A histogram as counters of `streams.stats`: one for each bucket, one for the sum. `/metrics` puts it together."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final, Protocol

# From a batch of one event to one that waits for a lock.
BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
INFINITE: Final = "+Inf"
LABELS: Final = (*(f"{bound:g}" for bound in BUCKETS_S), INFINITE)


class Count(Protocol):
    def __call__(self, name: str, n: float = 1, **labels: str) -> None: ...


def observe(count: Count, name: str, seconds: float) -> None:
    """Counts one duration. Each bucket holds its own; Prometheus' running sums are made when they are shown."""
    count(f"{name}_bucket", le=LABELS[bisect_left(BUCKETS_S, seconds)])
    count(f"{name}_sum", seconds)
