import contextlib
import gc
import signal
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from cueline.deliveries.timer import TooSlow, time_limit


class JobTimeout(Exception):
    """As RQ raises it."""


@pytest.fixture
def alarm() -> Iterator[Any]:
    """The alarm handler of a job with a timeout; afterwards all is as before."""

    def handler(number: int, frame: object) -> None:
        raise JobTimeout

    before = signal.signal(signal.SIGALRM, handler)
    left = signal.setitimer(signal.ITIMER_REAL, 0)
    yield handler
    signal.signal(signal.SIGALRM, before)
    signal.setitimer(signal.ITIMER_REAL, *left)


def spin(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def test_code_that_runs_too_long_is_stopped_though_it_swallows_exceptions() -> None:
    began = time.monotonic()
    with pytest.raises(TooSlow), time_limit(0.05):
        while True:
            with contextlib.suppress(Exception):
                spin(5)
    assert time.monotonic() - began < 4


def test_the_jobs_own_alarm_goes_on_with_what_was_left(alarm: Any) -> None:
    signal.setitimer(signal.ITIMER_REAL, 20, 3)
    with time_limit(1):
        spin(0.1)
    left, interval = signal.getitimer(signal.ITIMER_REAL)
    assert 19 < left <= 19.9
    assert interval == 3
    assert signal.getsignal(signal.SIGALRM) is alarm


def test_the_jobs_own_alarm_goes_on_also_after_too_slow(alarm: Any) -> None:
    signal.alarm(20)
    with pytest.raises(TooSlow), time_limit(0.05):
        spin(5)
    assert 19 < signal.getitimer(signal.ITIMER_REAL)[0] <= 19.95
    assert signal.getsignal(signal.SIGALRM) is alarm


def test_an_alarm_that_fell_due_meanwhile_rings_at_once(alarm: Any) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    with pytest.raises(JobTimeout):
        with time_limit(1):
            spin(0.1)
        spin(1)


def test_no_alarm_is_left_where_there_was_none(alarm: Any) -> None:
    with time_limit(5):
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_in_another_thread_there_is_no_limit_and_no_harm() -> None:
    done: list[bool] = []

    def run() -> None:
        with time_limit(0.01):
            spin(0.05)
        done.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert done == [True]


class _SlowToGo:
    """Python only reports what a finalizer raises, and goes on."""

    def __del__(self) -> None:
        spin(0.1)


def test_an_alarm_during_a_finalizer_comes_after_it(unraisable: list[object]) -> None:
    with pytest.raises(TooSlow), time_limit(0.01):
        _SlowToGo()
        spin(5)
    assert unraisable == []


def test_an_alarm_during_a_callback_of_the_garbage_collector_comes_after_it(unraisable: list[object]) -> None:
    def slow(_phase: str, _info: object) -> None:
        spin(0.1)

    gc.callbacks.append(slow)
    try:
        with pytest.raises(TooSlow), time_limit(0.01):
            gc.collect()
            spin(5)
    finally:
        gc.callbacks.remove(slow)
    assert unraisable == []


def test_a_raise_that_was_swallowed_comes_again_and_leaves_its_report_alone(unraisable: list[object]) -> None:
    class Thing:
        pass

    thing = Thing()
    watched = weakref.ref(thing, lambda _gone: spin(0.1))
    with pytest.raises(TooSlow), time_limit(0.01):
        del thing
        spin(5)
    assert watched() is None
    assert unraisable == [TooSlow]


@pytest.fixture
def unraisable(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The types of what could not be raised; each report takes longer than the next alarm is away."""
    reported: list[object] = []

    def report(unraised: Any) -> None:
        spin(0.1)
        reported.append(unraised.exc_type)

    monkeypatch.setattr(sys, "unraisablehook", report)
    return reported
