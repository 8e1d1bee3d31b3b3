"""Where the time goes: py-spy looks into collector and drain while they work. `make bench ARGS="profile"`.

Each recording is written as folded stacks (speedscope.app and flamegraph.pl read them) and shown as the functions
that were found on top of the stack most often (`self`), with how often they were anywhere on it (`all`).
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from redis import Redis
from rich.console import Console
from rich.table import Table

from bench import servers
from bench.drain import BUDGET_SIZE
from bench.site import furnish
from cueline.benchmark import children, draining
from cueline.benchmark.collecting import collect
from cueline.benchmark.latency import measure
from cueline.benchmark.traffic import FEWEST

_PER_S: Final = 400
_TOP: Final = 20
_SECONDS: Final = 12.0
_EVENTS: Final = 20_000
# What the bench itself does in these processes, and threads that wait in a way that py-spy takes for work.
_OTHER: Final = ("Drainer._append ", "Condition.wait ", "_worker (concurrent/futures")
_PARTITIONS: Final = 4


@dataclass(frozen=True, slots=True)
class Profile:
    """Samples by function, `name (file:line of the function's file)`."""

    what: str
    samples: int
    self_: Counter[str]
    all_: Counter[str]


def run(folder: Path, console: Console, *, out: Path) -> None:
    """Records each part and shows its top functions; the stacks stay in `out`."""
    out.mkdir(parents=True, exist_ok=True)
    for name, recording in _recordings(folder):
        file = out / f"{name}.folded"
        recording(file)
        _show(console, read(name, file.read_text()), file)


def _recordings(folder: Path) -> Iterator[tuple[str, Callable[[Path], None]]]:
    for batch in (1, 50):
        yield f"collect-{batch}", functools.partial(_record_collect, folder, batch=batch)
    for store in servers.STORES:
        yield f"drain-{store.lower()}", functools.partial(_record_drain, folder, store=store)
        yield f"singly-{store.lower()}", functools.partial(_record_singly, folder, store=store)


def _record_collect(folder: Path, file: Path, *, batch: int) -> None:
    place = folder / file.stem
    place.mkdir()
    with ExitStack() as stack:
        socket = stack.enter_context(servers.redis(place))
        environ = servers.House(place, socket, "").environ(servers.SQLITE, "profiled")
        key = furnish(environ, campaigns=FEWEST).write_key
        redis = stack.enter_context(Redis.from_url(environ["CUELINE_REDIS_URL"]))
        web = stack.enter_context(children.web(environ))

        def work(seconds: float) -> None:
            collect(web, redis, key, batch=batch, partitions=_PARTITIONS, seconds=seconds)

        work(1)
        # Many threads of which one at a time runs Python: only that one, or waiting for the others looks like work.
        with _beside(lambda: work(3)):
            _spy(web.group, file, "--gil")


def _record_drain(folder: Path, file: Path, *, store: str) -> None:
    place = folder / file.stem
    place.mkdir()
    with ExitStack() as stack:
        environ = stack.enter_context(servers.house(place)).environ(store, "profiled")
        shop = furnish(environ, campaigns=BUDGET_SIZE)
        child = stack.enter_context(children.drain(environ))
        draining.one_round(child, shop, draining.WARM_UP)
        with _beside(lambda: draining.one_round(child, shop, _EVENTS)):
            _spy(child.group, file)


def _record_singly(folder: Path, file: Path, *, store: str) -> None:
    """Few events at a time, as they come in at 25 a second: what a batch costs however small it is."""
    place = folder / file.stem
    place.mkdir()
    with ExitStack() as stack:
        environ = stack.enter_context(servers.house(place)).environ(store, "profiled")
        shop = furnish(environ, campaigns=BUDGET_SIZE)
        web = stack.enter_context(children.web(environ))
        child = stack.enter_context(children.drain(environ))
        draining.one_round(child, shop, draining.WARM_UP)
        with _beside(lambda: measure(web, child, shop, rate=25, seconds=4)):
            _spy(child.group, file)


@contextlib.contextmanager
def _beside(work: Callable[[], object]) -> Iterator[None]:
    """Repeats the work in a thread until the block ends."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.is_set():
            work()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _spy(pid: int, file: Path, *more: str) -> None:
    spy = shutil.which("py-spy", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if spy is None:
        raise RuntimeError("py-spy is not installed: pip install py-spy")
    wanted = [
        "--subprocesses",
        "--nonblocking",
        "--function",
        "--rate",
        str(_PER_S),
        "--duration",
        f"{_SECONDS:.0f}",
        *more,
    ]
    command = [spy, "record", "--pid", str(pid), "--format", "raw", "--output", str(file), *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"py-spy: {done.stderr.strip() or done.stdout.strip()} (it needs root, or ptrace allowed)")


def read(what: str, folded: str) -> Profile:
    """Folded stacks, `outer;inner COUNT` a line; without threads that run no Python."""
    self_: Counter[str] = Counter()
    all_: Counter[str] = Counter()
    for line in folded.splitlines():
        stack, _, count = line.rpartition(" ")
        frames = [frame for frame in stack.split(";") if not frame.startswith("process ")]
        if not frames or any(frame.startswith(_OTHER) for frame in frames):
            continue
        self_[frames[-1]] += int(count)
        for frame in set(frames):
            all_[frame] += int(count)
    return Profile(what, self_.total(), self_, all_)


def _show(console: Console, profile: Profile, file: Path) -> None:
    table = Table(title=f"{profile.what}: {profile.samples} samples ({file})", title_justify="left")
    for name in ("self", "all"):
        table.add_column(name, justify="right")
    table.add_column("function")
    for frame, count in profile.self_.most_common(_TOP):
        table.add_row(*(f"{100 * n / profile.samples:.1f} %" for n in (count, profile.all_[frame])), frame)
    console.print(table)
