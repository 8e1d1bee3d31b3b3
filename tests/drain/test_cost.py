"""What a batch costs in statements and commands does not grow with it: the times of a benchmark may, these may not."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Engine, event

from cueline.drain.loop import BATCH, Drain
from tests.drain.pipe import Pipe

# Check the lease; known eids, revisions, users, held events; write events, users, visitors, the registry (which is
# read before), the lease's last id.
STATEMENTS = 11
# For the runs of a campaign: earlier ones of a limited campaign, entry keys, the runs, points; changed users.
MORE_WITH_A_RUN = 4
CAMPAIGN = {
    "key": "c",
    "kind": "rule",
    "trigger": {"action": "Wanted"},
    "entry": {"limit": 1000, "key": "event.order"},
    "do": [{"points": 1}],
}


@pytest.fixture
def pipe(pipe: Pipe) -> Pipe:
    pipe.apply(campaigns=[CAMPAIGN])
    return pipe


@pytest.mark.parametrize("size", [1, BATCH])
@pytest.mark.parametrize(
    ("action", "most"), [("Other", STATEMENTS), ("Wanted", STATEMENTS + MORE_WITH_A_RUN)], ids=["unmatched", "matched"]
)
def test_a_batch_of_any_size_is_as_many_statements_and_commands(pipe: Pipe, action: str, most: int, size: int) -> None:
    pipe.settings = dataclasses.replace(pipe.settings, partitions=1, lease_ms=8_000)
    with pipe.owner() as leases:
        drain = pipe.worker(leases)
        work(pipe, drain, action, BATCH)
        with statements(pipe.engine) as said, commands(pipe.redis) as counted:
            work(pipe, drain, action, size)
    assert len(said) == most, said
    assert counted == {"xread": 1, "evalsha": 2, "xreadgroup": 1, "xack": 1, "xdel": 1}


def test_an_event_costs_one_read_however_many_partitions_its_drain_holds(pipe: Pipe) -> None:
    pipe.settings = dataclasses.replace(pipe.settings, partitions=8, lease_ms=8_000)
    with pipe.owner() as leases:
        drain = pipe.worker(leases)
        work(pipe, drain, "Other", 20)
        with commands(pipe.redis) as counted:
            work(pipe, drain, "Other", 1)
    assert (counted["xread"], counted["xreadgroup"], counted["evalsha"]) == (1, 1, 2)


def work(pipe: Pipe, drain: Drain, action: str, size: int) -> None:
    """Lets the drain handle `size` events of as many users, and nothing beyond."""
    before = done(pipe)
    for number in range(size):
        visitor, user = f"v{number}", f"u{number}"
        payload = {"client_action": action, "order": f"{before}-{number}"}
        pipe.browser("client_action", payload, visitor=visitor, user_ext_id=user)
    drain.run(lambda: done(pipe) >= before + size)


def done(pipe: Pipe) -> int:
    return sum(sum(report.statuses.values()) for report in pipe.reports)


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Every statement meanwhile, but for the beginning of a transaction, which one of the drivers says itself."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


@contextmanager
def commands(redis: Redis) -> Iterator[Counter[str]]:
    """Calls of the commands that a drain reads with, by name: those within scripts, too."""
    counted: Counter[str] = Counter()
    redis.config_resetstat()
    yield counted
    found = redis.info("commandstats")
    for name in ("xread", "evalsha", "xreadgroup", "xack", "xdel"):
        counted[name] = found.get(f"cmdstat_{name}", {}).get("calls", 0)
