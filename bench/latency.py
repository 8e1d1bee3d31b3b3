"""From reporting an action to its effect being committed: a whole `cueline up` on SQLite, one event after the other.

The sender is a process of its own; this one looks into the database file whenever SQLite says that it has changed.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench import servers
from bench.figures import Row
from cueline.campaigns.document import parse
from cueline.publishing.apply import apply
from cueline.store import workspaces
from cueline.store.session import open_engine, writing

UNIT: Final = "ms"
KEY: Final = "wk_bench"
ACTION: Final = "bench"
_RATES: Final = (25, 200)
_BUDGET_RATE: Final = 200
_P50_MS: Final = 3.0
_P99_MS: Final = 25.0
_LOOK_S: Final = 0.0003
_PATIENCE_S: Final = 30.0
_CAMPAIGN: Final = {
    "campaigns": [{"key": "bench", "kind": "rule", "trigger": {"action": ACTION}, "do": [{"tag": {"add": ["seen"]}}]}]
}


def run(folder: Path, *, rounds: int, seconds: float) -> list[Row]:
    """`seconds` of each rate in each round."""
    found: dict[int, list[list[float]]] = {rate: [] for rate in _RATES}
    with _up(folder) as port:
        _publish(folder)
        measured(folder, port, rate=_RATES[0], count=_RATES[0])
        for _ in range(rounds):
            for rate in _RATES:
                found[rate].append(measured(folder, port, rate=rate, count=int(rate * seconds)))
    return [row for rate, runs in found.items() for row in _rows(rate, runs)]


def _rows(rate: int, runs: list[list[float]]) -> list[Row]:
    strict = rate == _BUDGET_RATE
    return [
        Row(f"effect, {rate}/s, p50", [_quantile(run, 0.5) for run in runs], most=_P50_MS if strict else None),
        Row(f"effect, {rate}/s, p99", [_quantile(run, 0.99) for run in runs], most=_P99_MS if strict else None),
    ]


def _quantile(figures: list[float], part: float) -> float:
    return sorted(figures)[min(len(figures) - 1, int(len(figures) * part))]


@contextlib.contextmanager
def _up(folder: Path) -> Iterator[int]:
    port = servers.free_port()
    command = [sys.executable, "-m", "cueline", "up", "--port", str(port), "--data", str(folder / "up")]
    with servers.process(command, log=folder / "up.log", env={"CUELINE_BOOTSTRAP_WRITE_KEY": KEY}):
        servers.wait_for_http(f"http://127.0.0.1:{port}/readyz")
        yield port


def _publish(folder: Path) -> None:
    engine = open_engine(f"sqlite:///{folder / 'up' / 'cueline.db'}")
    with writing(engine) as connection:
        workspace = workspaces.first(connection)
        document = parse(_CAMPAIGN).document
        assert workspace is not None and document is not None
        apply(connection, workspace.id, document, now_ms=time.time_ns() // 1_000_000)
    engine.dispose()


def measured(folder: Path, port: int, *, rate: int, count: int) -> list[float]:
    """Milliseconds for each of `count` actions, from before its request to its run being there to read."""
    command = [sys.executable, "-m", "bench.sender", str(port), KEY, str(rate), str(count)]
    sender = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    seen = _watch(folder / "up" / "cueline.db", count)
    sent: dict[str, float] = json.loads(sender.communicate(timeout=_PATIENCE_S)[0])
    return [(seen[eid] - at) * 1000 for eid, at in sent.items()]


def _watch(database: Path, count: int) -> dict[str, float]:
    """When each of the next `count` events had its run, by the clock that all processes share."""
    seen: dict[str, float] = {}
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, isolation_level=None)) as connection:
        last = connection.execute("SELECT coalesce(max(rowid), 0) FROM events").fetchone()[0]
        version = None
        until = time.monotonic() + _PATIENCE_S
        while len(seen) < count:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(seen)} of {count} events had an effect after {_PATIENCE_S:.0f} s")
            before, version = version, connection.execute("PRAGMA data_version").fetchone()[0]
            if version != before:
                last = _note(connection, last, seen)
            time.sleep(_LOOK_S)
    return seen


# `matched` is written in the transaction of the run and of what it does.
_NEW: Final = "SELECT rowid, eid FROM events WHERE rowid > ? AND status = 'matched' ORDER BY rowid"


def _note(connection: sqlite3.Connection, last: int, seen: dict[str, float]) -> int:
    found = connection.execute(_NEW, (last,)).fetchall()
    now = time.monotonic()
    seen.update((eid, now) for _, eid in found)
    return int(found[-1][0]) if found else last
