"""What is shown fits a terminal, and says what gives in first."""

from __future__ import annotations

import io

import msgspec
import pytest
from rich.console import Console

from cueline.benchmark.drainer import Followed
from cueline.benchmark.latency import split
from cueline.benchmark.measured import Collected, DrainedBy, Memory, Stores, Times
from cueline.benchmark.report import show
from cueline.benchmark.run import Found
from cueline.benchmark.stamps import Seen

QUICK = Times(0.11, 5.13)
WAYS = split(
    200.0,
    {"a": (1.0, 1.001), "b": (1.005, 1.006), "c": (1.010, 1.011)},
    Followed({"a": Seen(1.002, 1.004, 1), "b": Seen(1.0055, 1.008, 1), "c": Seen(1.012, 1.015, 1)}, 0.003),
)
FOUND = Found(
    cores=2,
    partitions=4,
    stores=Stores(QUICK, QUICK, Times(14.2, 98.4), "off", "PostgreSQL"),
    collected=[
        Collected(1, 10_000, 5.0, 2.1, 0.5, {}),
        Collected(50, 50_000, 2.0, 0.6, 0.3, {"503": 3}),
    ],
    drained=[DrainedBy(10, 40_000, 8_123.4, 118.2), DrainedBy(1_000, 40_000, 7_999.9, 121.4)],
    latency=[WAYS],
    memory=Memory(88.4, 63.1),
)


def shown(found: Found, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False)
    show(console, found)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_is_cut_off_and_no_cell_is_broken(width: int) -> None:
    lines = shown(FOUND, width)
    assert max(map(len, lines)) <= width
    assert "…" not in "".join(lines)
    for cells in (["1 event", "2,000", "210.0 µs/event"], ["1,000", "8,000", "121 µs/event", "8,200 events/s"]):
        assert any(all(cell in line for cell in cells) for line in lines), cells


def test_the_first_limit_is_named_with_what_an_event_costs() -> None:
    said = " ".join(" ".join(shown(FOUND, 120)).split())
    assert "The first limit is CPU: an event reported alone takes web 210, Redis 50, drain 121 µs" in said
    assert "PostgreSQL's own comes on top" in said
    assert "A burst, which is only taken in and drained later: about 7,700 events/s one by one or" in said


def test_a_slow_disk_and_refusals_are_told() -> None:
    said = " ".join(" ".join(shown(FOUND, 120)).split())
    assert "A commit takes 14 ms" in said
    assert "append-only file is off" in said
    assert "{'503': 3}" in said


def test_the_parts_of_an_events_way_are_told_apart() -> None:
    assert WAYS.whole.p50_ms == pytest.approx(4)
    assert WAYS.answered.p50_ms == pytest.approx(1)
    # An event that was read before its answer was there did not wait.
    assert WAYS.waited.p50_ms == pytest.approx(1)
    assert WAYS.committed.p50_ms == pytest.approx(2.5)
    assert WAYS.rate == pytest.approx(200)


def test_a_part_that_was_not_measured_is_not_shown() -> None:
    lines = shown(msgspec.structs.replace(FOUND, collected=[], latency=[], memory=Memory(None, None)), 80)
    assert not any("Collecting" in line or "first limit" in line for line in lines)
