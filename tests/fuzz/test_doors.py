"""Both doors under a rain of bodies: seeded and short in the suite, led by coverage and long in `make soak`."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import msgspec
import pytest
from redis import Redis
from sqlalchemy import Engine

from tests.drain.pipe import NOW, make_pipe
from tests.fuzz.bodies import COLLECT, EVENTS, mutate
from tests.fuzz.doors import Doors

SOAK_S = float(os.environ.get("SOAK_S", "60"))
SEED = 20261123
COUNT = 1_000
BODIES = {"collect": COLLECT, "events": EVENTS}
LIMITS = ("-timeout=60", "-rss_limit_mb=1024", "-max_len=70000", "-print_final_stats=1")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def doors(redis_url: str, tmp_path: Path) -> Doors:
    return Doors(redis_url, tmp_path)


@pytest.mark.parametrize("door", BODIES)
def test_whatever_arrives_is_taken_or_named_and_read_alike_both_ways(doors: Doors, door: str) -> None:
    random, target = Random(SEED), getattr(doors, door)
    statuses = {target(body).status for body in BODIES[door]}
    assert statuses == {202}
    for _ in range(COUNT):
        body = mutate(random, random.choice(BODIES[door]), BODIES[door])
        try:
            statuses.add(target(body).status)
        except Exception as error:
            raise AssertionError(body) from error
    assert {202, 400} <= statuses


def test_whatever_is_taken_both_databases_store(doors: Doors, redis: Redis, engine: Engine) -> None:
    random, taken = Random(SEED), []
    for number in range(COUNT // 2):
        door = random.choice(list(BODIES))
        found = getattr(doors, door)(mutate(random, random.choice(BODIES[door]), BODIES[door]))
        taken += [(number, entry) for entry in found.entries]
    redis.flushall()
    pipe = make_pipe(redis, engine)
    for number, entry in taken:
        own = {
            "workspace_id": pipe.workspace_id,
            "eid": f"{number}.{entry.eid}"[:128],
            "at_ms": NOW,
            "received_ms": NOW,
        }
        pipe.put(msgspec.structs.replace(entry, **own))
    pipe.drain(turns=1_000)
    assert pipe.rows("dead_letters", "error") == []
    kept = {(sender, eid) for sender, eid in pipe.rows("events", "sender", "eid")}
    assert kept == {(entry.sender, f"{number}.{entry.eid}"[:128]) for number, entry in taken}
    assert len(kept) > 100


@pytest.mark.soak
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="no Atheris: it has wheels for Linux on x86-64")
@pytest.mark.parametrize("door", [*BODIES, "links"])
def test_nothing_is_found_for_as_long_as_it_is_let(redis_url: str, tmp_path: Path, door: str) -> None:
    limits = [
        f"-max_total_time={SOAK_S:.0f}",
        "-timeout=60",
        "-rss_limit_mb=1024",
        "-max_len=70000",
        "-print_final_stats=1",
    ]
    command = [sys.executable, "-m", "tests.fuzz.explore", door, redis_url, str(tmp_path / "explored"), *limits]
    ended = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    said = ended.stdout.decode(errors="replace")
    found = [(file.name, file.read_bytes()) for file in (tmp_path / "explored").glob("*-*")]
    assert ended.returncode == 0, f"{found}\n{said[-4_000:]}"
    print("\n".join(line for line in said.splitlines() if line.startswith(("Done", "stat::"))))
