"""Ids that sort by time, made without asking anyone: 41 bits of milliseconds, 8 of partition, 14 of count."""

from __future__ import annotations

from typing import Final

_EPOCH_MS: Final = 1_735_689_600_000  # 2025-01-01
_PARTITION_BITS: Final = 8
_COUNT_BITS: Final = 14


class Ids:
    """Gives out ids greater than `after`, even when the clock stands still or went back.

    Two drains never meet: each owns its partition, and a partition's last id is kept with its lease.
    """

    def __init__(self, *, partition: int, after: int, now_ms: int) -> None:
        after_ms = after >> (_PARTITION_BITS + _COUNT_BITS)
        self._ms = max(now_ms - _EPOCH_MS, after_ms + 1)
        self._partition = partition
        self._count = 0
        self.last = after

    def __call__(self) -> int:
        self.last = (self._ms << (_PARTITION_BITS + _COUNT_BITS)) | (self._partition << _COUNT_BITS) | self._count
        self._count += 1
        if self._count >> _COUNT_BITS:
            self._ms += 1
            self._count = 0
        return self.last
