"""The bars of the snippet, and the table that shows every product beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.figures import Row

Figures = Sequence[float] | str
"""Round by round; or in a word why there are none."""


@dataclass(frozen=True, slots=True)
class Bar:
    """`figures` by product, ours first. `most`, `least`: for ours; `most_ratio`: of ours to that of `beside`.

    `most` and `least` may be `None`: then the line is only told. `out_of`: figures are counts of so many.
    """

    what: str
    unit: str
    figures: Mapping[str, Figures]
    most: float | None = None
    least: float | None = None
    most_ratio: float | None = None
    beside: str = ""
    out_of: int = 0

    @property
    def row(self) -> Row:
        ours, theirs = self._of(self._ours), self._of(self.beside)
        return Row(self.what, ours, self.beside, theirs, most=self.most, most_ratio=self.most_ratio)

    @property
    def holds(self) -> bool | None:
        """None: there is no goal."""
        if isinstance(self.figures[self._ours], str):
            return False
        if self.least is not None:
            return self.row.figure >= self.least
        return self.row.holds

    @property
    def goal(self) -> str:
        if self.least is not None:
            return f"{self.least:g}"
        parts = [] if self.most is None else [f"≤ {self.most:g}"]
        parts += [] if self.most_ratio is None else [f"≤ {self.most_ratio:g} × {self.beside}"]
        return ", ".join(parts)

    @property
    def _ours(self) -> str:
        return next(iter(self.figures))

    def _of(self, name: str) -> Sequence[float]:
        found = self.figures.get(name, ())
        return () if isinstance(found, str) else found


def show(console: Console, title: str, bars: Sequence[Bar]) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    for name in bars[0].figures:
        table.add_column(name, justify="right")
    table.add_column("goal", justify="right")
    table.add_column("")
    for bar in bars:
        what = f"{bar.what}, {bar.unit}" if bar.unit else bar.what
        table.add_row(what, *(_told(bar, found) for found in bar.figures.values()), bar.goal, verdict(bar))
    console.print(table)


def verdict(bar: Bar) -> str:
    ratio = "" if bar.row.ratio is None else f" ({bar.row.ratio:.2f})"
    return {None: "", True: "holds", False: "missed"}[bar.holds] + ratio


def _told(bar: Bar, found: Figures) -> str:
    if isinstance(found, str):
        return found
    figure = median(found)
    text = f"{figure:,.0f}" if figure >= 100 or figure == int(figure) else f"{figure:.1f}"
    return f"{text} of {bar.out_of:,}" if bar.out_of else text
