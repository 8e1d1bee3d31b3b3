"""Figures of several rounds, and the tables that show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table


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
        return self.figure <= (self.most or self.figure) and (self.ratio or 0) <= (self.most_ratio or self.ratio or 0)


def show(console: Console, title: str, unit: str, rows: Sequence[Row]) -> None:
    table = Table(title=title, title_justify="left")
    for name in ("what", "peer"):
        table.add_column(name)
        table.add_column(unit, justify="right")
    for name in ("ratio", "budget", ""):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*_cells(row))
    console.print(table)


def _cells(row: Row) -> tuple[str, ...]:
    peer = f"{median(row.peers):.1f}" if row.peers else ""
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    verdict = {None: "", True: "holds", False: "missed"}[row.holds]
    return row.what, f"{row.figure:.1f}", row.peer, peer, ratio, _budget(row), verdict


def _budget(row: Row) -> str:
    parts = [] if row.most is None else [f"≤ {row.most:g}"]
    parts += [] if row.most_ratio is None else [f"ratio ≤ {row.most_ratio:.2f}"]
    return ", ".join(parts)
