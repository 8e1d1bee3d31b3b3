"""A replay counts once: twice, at once with another, and when its process dies in the middle."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cueline import events
from cueline.deadletters.edit import Conflict
from cueline.deadletters.replay import discard
from cueline.store import dead_letters
from cueline.store.session import writing
from cueline.streams import keys
from tests.deadletters.hospital import Hospital
from tests.e2e.stack import environment

POINTS = {"key": "p", "kind": "rule", "trigger": {"action": "Poison"}, "entry": {"limit": 9}, "do": [{"points": 1}]}


def waiting(hospital: Hospital) -> int:
    return sum(hospital.pipe.redis.xlen(keys.stream(p)) for p in range(hospital.pipe.settings.partitions))


def test_two_replays_at_once_count_once(hospital: Hospital) -> None:
    hospital.pipe.apply(campaigns=[POINTS])
    letter = hospital.die()
    hospital.mend()
    together, outcomes = threading.Barrier(4), list[str]()

    def one() -> None:
        together.wait()
        try:
            outcomes.append(hospital.replay(letter).state)
        except Conflict as conflict:
            outcomes.append(conflict.code)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(outcomes) <= {"replayed", "already_replayed"} and len(outcomes) == 4
    hospital.pipe.drain()
    assert hospital.pipe.rows("ledger", "amount") == [1]
    assert hospital.pipe.rows("events", "status") == [events.MATCHED]


def test_a_replay_that_dies_in_the_middle_is_open_and_counts_once_when_it_is_repeated(
    hospital: Hospital, redis_url: str, database_url: str, tmp_path: Path
) -> None:
    hospital.pipe.apply(campaigns=[POINTS])
    letter = hospital.die()
    hospital.mend()
    settings = {
        "CUELINE_REDIS_URL": redis_url,
        "CUELINE_DATABASE_URL": database_url.replace("+psycopg", ""),
        "CUELINE_PARTITIONS": "2",
    }
    command = [sys.executable, "-m", "cueline", "dead-letters", "replay", str(letter.id)]

    def run(**more: str) -> int:
        environ = environment(tmp_path, settings | more)
        return subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, timeout=120).returncode

    assert run(CUELINE_CRASH_AT="after_replay_before_mark") == -signal.SIGKILL
    assert (waiting(hospital), hospital.letters()[0].state) == (1, "open")
    assert run() == 0
    assert (waiting(hospital), hospital.letters()[0].state) == (2, "replayed")
    assert run() == 1
    hospital.pipe.drain()
    assert hospital.pipe.rows("ledger", "amount") == [1]


def test_a_drain_that_fails_again_before_the_mark_leaves_the_letter_open(hospital: Hospital) -> None:
    letter = hospital.die()
    hospital.replay(letter)
    hospital.pipe.drain()
    assert [found.state for found in hospital.letters()] == ["open"]
    # Read before it failed again, marked after: nobody may think that it is done with.
    with writing(hospital.pipe.engine) as connection:
        dead_letters.mark_replayed(connection, letter, now_ms=1)
    assert [found.state for found in hospital.letters()] == ["open"]


def test_a_discarded_letter_stays_to_be_read_and_cannot_be_replayed(hospital: Hospital) -> None:
    letter = hospital.die()
    assert discard(hospital.pipe.engine, letter.id, clock=hospital.pipe.clock).state == "discarded"
    for again in (
        lambda: hospital.replay(letter),
        lambda: discard(hospital.pipe.engine, letter.id, clock=hospital.pipe.clock),
    ):
        with pytest.raises(Conflict) as conflict:
            again()
        assert conflict.value.code == "already_discarded"
    assert waiting(hospital) == 0
    assert hospital.shown(letter)["event"]["payload"] == {"client_action": "Poison"}
