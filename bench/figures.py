"""Figures of several rounds, and the tables that show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table

_VERDICTS: Final[dict[bool | None, str]] = {None: "", True: "holds", False: "missed"}


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, round by round, in one unit; `peers` in the same rounds. `budget`: of the ratio or figure."""

    what: str
    figures: Sequence[float]
    peer: str = ""
    peers: Sequence[float] = ()
    most: float | None = None
    most_ratio: float | None = None

    @property
    def figure(self) -> float:
        return median(self.figures)

    @property
    def ratio(self) -> float | None:
        """The median of the rounds' ratios: a slow minute of the machine slows both."""
        if not self.peers:
            return None
        return median(ours / theirs for ours, theirs in zip(self.figures, self.peers, strict=True))

    @property
    def holds(self) -> bool | None:
        """Whether the budget holds; None without one."""
        if self.most is None and self.most_ratio is None:
            return None
        is_low = self.most is None or self.figure <= self.most
        return is_low and (self.most_ratio is None or (self.ratio or 0) <= self.most_ratio)


def show(console: Console, title: str, unit: str, rows: Sequence[Row]) -> None:
    has_peers = any(row.peers for row in rows)
    table = Table(title=title, title_justify="left")
    for name in ("what", unit, "lowest", *(("peer", unit, "ratio") if has_peers else ()), "budget", ""):
        table.add_column(name, justify="left" if name in ("what", "peer") else "right")
    for row in rows:
        peer = _peer(row) if has_peers else ()
        table.add_row(
            row.what, f"{row.figure:.1f}", f"{min(row.figures):.1f}", *peer, _budget(row), _VERDICTS[row.holds]
        )
    console.print(table)


def _peer(row: Row) -> tuple[str, str, str]:
    if not row.peers or row.ratio is None:
        return "", "", ""
    return row.peer, f"{median(row.peers):.1f}", f"{row.ratio:.2f}"


def _budget(row: Row) -> str:
    parts = [] if row.most is None else [f"≤ {row.most:g}"]
    parts += [] if row.most_ratio is None else [f"ratio ≤ {row.most_ratio:.2f}"]
    return ", ".join(parts)
