"""Who judges a crash test: what the client was told, held against the effects there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """`lost`: acknowledged and without an effect. `doubled`: with two, acknowledged or not. `unknown`: never sent."""

    lost: list[str]
    doubled: list[str]
    unknown: list[str]

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.doubled or self.unknown)


def judge(effects: Iterable[str], *, sent: Set[str], acknowledged: Set[str]) -> Verdict:
    """`effects`: the eid of each effect row."""
    counts = Counter(effects)
    return Verdict(
        sorted(acknowledged - counts.keys()),
        sorted(eid for eid, count in counts.items() if count > 1),
        sorted(counts.keys() - sent),
    )
