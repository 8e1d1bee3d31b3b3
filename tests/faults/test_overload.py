"""Ten times what the machine carries: put off, not lost, in bounded memory, and normal soon after."""

from __future__ import annotations

import http.client
import json
import os
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cueline.streams.room import SHARE
from tests.e2e.stack import eventually
from tests.faults import sender
from tests.faults.flood import EVENTS, Flood, Gauge
from tests.faults.house import CUELINE, House, lived_in
from tests.faults.judge import judge
from tests.faults.onlooker import Onlooker
from tests.faults.site import COUNTED, Site, running

pytestmark = [pytest.mark.redis, pytest.mark.timeout(300)]

MIB = 1_048_576
# Four partitions of so many entries may wait; what one takes the machine a few seconds to do.
STREAM_MAX = 4_000
NORMAL_S = 60.0


def test_a_flood_is_put_off_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    overload(tmp_path, f"sqlite:///{tmp_path / 'cueline.db'}", seconds=5)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_flood_for_as_long_as_it_is_let(home: Path, database: str) -> None:
    overload(home, database, seconds=float(os.environ.get("SOAK_S", "60")))


def overload(home: Path, database: str, *, seconds: float) -> None:
    site = Site(home, database, {"campaigns": [COUNTED]}, CUELINE_STREAM_MAX=str(STREAM_MAX))
    with lived_in(site) as house:
        house.take_one("warm")
        with Gauge(lambda: memory(house)) as gauge, Onlooker(house.url, ("/healthz",)) as onlooker:
            with Flood(house.url) as flood:
                time.sleep(seconds)
            ended_s = time.monotonic()
            backlog = house.site.waiting()
            eventually(lambda: house.site.waiting() == 0, NORMAL_S)
            emptied_s = time.monotonic() - ended_s
            house.take_one("normal-again", seconds=NORMAL_S)
            normal_s = time.monotonic() - ended_s
        carried = backlog / emptied_s
        print(f"offered {flood.offered / flood.lasted_s:.0f}/s, carried {carried:.0f}/s, answers {flood.answers}")
        print(f"slowest {flood.slowest_s:.2f} s, health {onlooker.slowest_s()}, normal after {normal_s:.1f} s")
        print(f"highest {as_mib(gauge.highest())}, growth {as_mib(gauge.growth())}")
        check(flood, gauge, house)
        onlooker.check()
        assert normal_s < NORMAL_S
        assert flood.offered / flood.lasted_s > 2 * carried, "that was no flood"


def check(flood: Flood, gauge: Gauge, house: House) -> None:
    assert not flood.faults, flood.faults[:5]
    assert flood.answers["202"] and flood.answers["503"], flood.answers
    acknowledged = flood.acknowledged()
    effects = Counter(eid for eid in house.site.effects() if eid not in ("warm", "normal-again"))
    # What was sent and not answered may be there, too.
    verdict = judge(effects.elements(), sent=set(effects), acknowledged=acknowledged)
    assert verdict.is_good, (verdict.lost[:5], verdict.doubled[:5])
    broken = sum(count for name, count in flood.answers.items() if not name.isdigit())
    assert len(effects) <= len(acknowledged) + broken * EVENTS, "events that were put off have effects"
    highest = gauge.highest()
    assert highest["web"] < 200 * MIB and highest["worker"] < 200 * MIB, as_mib(highest)
    assert highest["redis"] < 4 * (STREAM_MAX + EVENTS) * 2_000 + 32 * MIB, as_mib(highest)
    growth = gauge.growth()
    assert growth.get("web", 0) < 32 * MIB and growth.get("worker", 0) < 32 * MIB, as_mib(growth)


def memory(house: House) -> dict[str, int]:
    """Resident bytes of the largest process of each command, and what Redis says it uses."""
    found = {name: [resident(p.pid) for p in house.processes(name)] for name in ("web", "worker")}
    redis = {"redis": int(house.site.redis.info("memory")["used_memory"])}
    return {name: max(sizes) for name, sizes in found.items() if sizes} | redis


def resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (FileNotFoundError, ProcessLookupError):
        return 0


def test_a_redis_that_filled_up_while_no_worker_ran_is_worked_off_by_the_next_one(tmp_path: Path) -> None:
    """The last tenth of its memory is theirs; without any they could not even begin."""
    with lived_in(Site(tmp_path, f"sqlite:///{tmp_path / 'cueline.db'}", {"campaigns": [COUNTED]})) as house:
        house.take_one("before")
        house.site.kill("worker")
        limit_memory(house.site)
        with Flood(house.url, connections=1, padding=400) as flood:
            eventually(lambda: flood.answers["503"] > 5, 60)
            eventually(lambda: "nearly out of memory" in rest(house).text, 60)
        assert not flood.faults, flood.faults[:5]
        house.site.start("worker", *CUELINE, "worker", "--drain", "2")
        house.take_one("after", seconds=120)
        eventually(lambda: house.site.waiting() == 0, 120)
        effects = Counter(eid for eid in house.site.effects() if eid not in ("before", "after"))
        verdict = judge(effects.elements(), sent=set(effects), acknowledged=flood.acknowledged())
        assert verdict.is_good, (verdict.lost[:5], verdict.doubled[:5])


def rest(house: House) -> sender.Answer:
    answer = sender.ask(house.url, *sender.server_batch("one", ["unheard"], "Unheard"))
    sender.check(answer, 202, 503)
    return answer


def limit_memory(site: Site) -> None:
    """Four megabytes are left until it is nearly full, six more until it is full; the ballast stays in it.

    How much the ballast takes is the allocator's choice. Web looks once a second while it knows of no limit.
    """
    site.redis.set("ballast", b"x" * (48 * MIB))
    used = int(site.redis.info("memory")["used_memory"])
    site.redis.config_set("maxmemory", int((used + 4 * MIB) / SHARE))
    time.sleep(3)


def as_mib(figures: dict[str, int]) -> dict[str, str]:
    return {name: f"{value / MIB:.0f} MiB" for name, value in figures.items()}


# Per second; ten times that at once. A key's and an address's limit is shared out among four partitions, doubled.
RATES = {"CUELINE_RATE_VISITOR": "20", "CUELINE_RATE_ADDRESS": "40", "CUELINE_RATE_KEY": "400"}
BURST = {"visitor": 10 * 20, "address": 2 * 10 * 40, "key": 2 * 10 * 400}


def test_whoever_sends_too_much_is_told_for_how_long_and_nobody_else_is(tmp_path: Path) -> None:
    limits = RATES | {"CUELINE_TRUSTED_PROXIES": "1"}
    with running(Site(tmp_path, f"sqlite:///{tmp_path / 'cueline.db'}", {}, **limits)) as site:
        url = site.start_web()
        eventually(lambda: sender.is_up(url), 60)
        caller = Caller(url)
        for kind in ("visitor", "address", "key"):
            since_s = time.monotonic()
            taken, answer = caller.send_until_refused(kind)
            elapsed_s = time.monotonic() - since_s
            assert f"Too many events for this {kind}." in answer.text, answer
            assert answer.retry_after and int(answer.retry_after) > 0, answer
            per_s = int(RATES[f"CUELINE_RATE_{kind.upper()}"]) * 2
            # One partition's share is used up first; and a batch may pass a bucket that has room for a part of it.
            assert BURST[kind] / 5 <= taken <= BURST[kind] + per_s * elapsed_s + 4 * EVENTS, (kind, taken)
            if kind != "key":
                assert caller.send("somebody", "192.0.2.250").status == 202


class Caller:
    """Sends batches of 100 as a proxy passes them on."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._sent = 0

    def send_until_refused(self, kind: str) -> tuple[int, sender.Answer]:
        """How many events were taken before; one visitor, one address, or all of a key's."""
        for taken in range(2_000):
            visitor = "same" if kind == "visitor" else f"{kind}-{taken}"
            address = f"10.{taken >> 8}.{taken & 255}.1" if kind == "key" else f"192.0.2.{ord(kind[0])}"
            answer = self.send(visitor, address)
            if answer.status != 202:
                return taken * EVENTS, answer
        raise AssertionError(f"{self._sent} events were taken")

    def send(self, visitor: str, address: str) -> sender.Answer:
        eids = [f"{self._sent + i}" for i in range(EVENTS)]
        self._sent += EVENTS
        path, body = sender.browser_batch(visitor, visitor, eids)
        self._connection.request(
            "POST", path, json.dumps(body), {"X-Forwarded-For": address, "Content-Type": "text/plain"}
        )
        answer = self._connection.getresponse()
        return sender.Answer(answer.status, answer.read().decode(), 0, answer.headers.get("Retry-After"))
