"""Keeps the processes of `up` running, and ends them in order."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from cueline.cli.process import Child, Process
from cueline.errors import CuelineError

_POLL_S = 0.05
_GRACE_S = 5.0
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_LIVES_WELL_S = 30.0  # after that long, a new end is no longer part of the same trouble
_EARLY_DEATHS = 3
# Shells, make and npm pass Ctrl-C on, so that one key press may arrive twice.
_SAME_PRESS_S = 0.5


class StopAsked(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM while we waited for something."""


@dataclass(slots=True)
class _Place:
    """A child and what became of it."""

    child: Child
    process: Process | None
    deaths: int = 0
    again_s: float = 0.0


class Supervisor:
    """Start children, `run()` until asked to stop, `stop()`. All of it in the main thread."""

    def __init__(
        self, *, notice: Callable[[str], None], on_line: Callable[[str, str], None], grace_s: float = _GRACE_S
    ) -> None:
        self._notice = notice
        self._on_line = on_line
        self._grace_s = grace_s
        self._places: list[_Place] = []
        self._asked_s: float | None = None
        self._is_forced = False
        self._is_up = False

    def listen(self) -> None:
        """From now on Ctrl-C, SIGTERM and a closed terminal ask to stop; a second time forces it."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup wants us to stay
            signal.signal(signal.SIGHUP, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._asked_s is None:
            self._asked_s = now
        elif now - self._asked_s > _SAME_PRESS_S:
            self._is_forced = True

    def start(self, child: Child) -> None:
        self._places.append(_Place(child, self._spawn(child)))

    def wait_until(self, is_true: Callable[[], bool], *, what: str, seconds: float) -> None:
        """Waits while watching the children. Raises StopAsked, or CuelineError when it takes too long."""
        until = time.monotonic() + seconds
        while not is_true():
            self.check_stop()
            self._watch()
            if time.monotonic() > until:
                raise CuelineError(f"{what} within {seconds:.0f} s.{self._last_lines()}")
            time.sleep(_POLL_S)

    def check_stop(self) -> None:
        if self._asked_s is not None:
            raise StopAsked

    def run(self) -> None:
        """Returns when asked to stop. A child that ends meanwhile is started again, later each time."""
        self._is_up = True
        while self._asked_s is None:
            self._watch()
            time.sleep(_POLL_S)

    def _watch(self) -> None:
        for place in self._places:
            if place.process is not None:
                self._note_end(place, place.process)
            elif time.monotonic() >= place.again_s:
                place.process = self._spawn(place.child)

    def _note_end(self, place: _Place, process: Process) -> None:
        code = process.ended()
        if code is None:
            return
        lived_s = time.monotonic() - process.started_s
        place.deaths = 1 if lived_s > _LIVES_WELL_S else place.deaths + 1
        if not self._is_up and place.deaths >= _EARLY_DEATHS:
            raise CuelineError(f"{place.child.name} does not start ({_manner(code)}).{_quoted(process)}")
        pause_s = min(_FIRST_PAUSE_S * 2 ** (place.deaths - 1), _LONGEST_PAUSE_S)
        place.process, place.again_s = None, time.monotonic() + pause_s
        self._notice(f"{place.child.name} ended ({_manner(code)}); it is started again in {pause_s:g} s")

    def _spawn(self, child: Child) -> Process:
        return Process(child, on_line=self._on_line)

    def _last_lines(self) -> str:
        return "".join(_quoted(p.process) for p in self._places if p.process is not None and p.process.lines)

    def stop(self) -> None:
        """Ends the children, stage after stage; those of one stage together."""
        for stage in sorted({place.child.stage for place in self._places}):
            running = [p.process for p in self._places if p.child.stage == stage and p.process is not None]
            self._end(running)
        self._places.clear()

    def _end(self, processes: list[Process]) -> None:
        for process in processes:
            process.ask_to_end()
        until = time.monotonic() + self._grace_s
        for process in processes:
            while process.ended() is None and not self._is_forced and time.monotonic() < until:
                time.sleep(0.01)
            if process.ended() is None:
                self._notice(f"{process.child.name} is killed: it did not end in time")
                process.kill()


def _manner(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return signal.Signals(-code).name


def _quoted(process: Process) -> str:
    return "".join(f"\n  {process.child.name}: {line}" for line in process.lines)
