"""An installation as an operator runs it: `cueline web`, `cueline worker`, `cueline clock`, each one command."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.conftest import free_port
from tests.e2e.processes import Found, below
from tests.e2e.stack import eventually
from tests.faults import sender
from tests.faults.judge import Verdict, judge
from tests.faults.shoppers import Shoppers
from tests.faults.site import Site, running

CUELINE = (sys.executable, "-m", "cueline")
# The page is watched, too.
OPEN = {"CUELINE_STATUS_PAGE": "open"}


class House:
    """Nobody starts a process of it again by hand: what goes on goes on by itself."""

    def __init__(self, site: Site, *, port: int | None = None, drains: int = 2) -> None:
        self.site = site
        self.url = site.start_web(port=port or free_port())
        site.start("worker", *CUELINE, "worker", "--drain", str(drains))
        site.start("clock", *CUELINE, "clock")
        eventually(lambda: sender.is_up(self.url), 60)

    def take_one(self, eid: str, *, seconds: float = 60) -> None:
        """An event goes the whole way."""
        assert sender.deliver(self.url, *sender.server_batch("one", [eid]), seconds=seconds)
        eventually(lambda: eid in set(self.site.effects()), seconds)

    def load(self, count: int, seconds: float, *, seed: int = 20_261_123) -> Shoppers:
        shoppers = Shoppers(self.url, count, seed, seconds, deadline_s=seconds + 90)
        shoppers.start()
        return shoppers

    def settle(self, shoppers: Shoppers, *, seconds: float = 90) -> Verdict:
        """What the judge says once everything was sent, acknowledged and drained."""
        shoppers.let_finish()
        shoppers.finish()
        assert shoppers.acknowledged == shoppers.sent
        return self.verdict(shoppers, seconds=seconds)

    def verdict(self, shoppers: Shoppers, *, seconds: float = 90) -> Verdict:
        """Also of senders who ran out of time: about what was acknowledged, once it is drained."""
        eventually(lambda: self.site.waiting() == 0, seconds)
        mine = [eid for eid in self.site.effects() if eid in shoppers.sent]
        return judge(mine, sent=shoppers.sent, acknowledged=shoppers.acknowledged)

    def pid(self, name: str) -> int:
        return self.site.pid(name)

    def processes(self, name: str) -> list[Found]:
        return below(self.pid(name))


@contextmanager
def lived_in(site: Site, *, port: int | None = None, drains: int = 2) -> Iterator[House]:
    with running(site):
        yield House(site, port=port, drains=drains)
