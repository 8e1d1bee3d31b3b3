"""The judge of the crash test judges a drain that is known to be wrong, and verdicts that are known."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stack import eventually
from tests.faults.judge import Verdict, judge
from tests.faults.shoppers import Shoppers
from tests.faults.site import COUNTED, Site, running


@pytest.fixture
def site(home: Path, database: str) -> Iterator[Site]:
    with running(Site(home, database, {"campaigns": [COUNTED]})) as site:
        yield site


@pytest.mark.redis
def test_the_judge_sees_a_drain_that_acknowledges_before_it_commits(site: Site) -> None:
    site.start_job("clock")
    url = site.start_web()
    shoppers = Shoppers(url, 500, seed=1, seconds=0)
    shoppers.start()
    shoppers.let_finish()
    shoppers.finish()
    site.start("hasty", sys.executable, "-m", "tests.faults.hasty", "drain", crash_at="after_read_before_commit")
    site.wait_until_dead("hasty")
    site.start_job("drain")
    eventually(lambda: site.waiting() == 0, 60)
    site.stop("drain")
    verdict = judge(site.effects(), sent=shoppers.sent, acknowledged=shoppers.acknowledged)
    assert verdict.lost and not verdict.doubled and not verdict.unknown


def test_the_judge_sees_what_is_lost_doubled_or_out_of_nowhere() -> None:
    sent = {"a", "b", "c"}
    assert judge(["b", "a"], sent=sent, acknowledged={"a", "b"}).is_good
    assert judge(["a", "b", "c"], sent=sent, acknowledged={"a"}).is_good, "an unacknowledged one may have happened"
    assert judge(["a"], sent=sent, acknowledged={"a", "b"}) == Verdict(["b"], [], [])
    assert judge(["a", "c", "c"], sent=sent, acknowledged={"a"}) == Verdict([], ["c"], [])
    assert judge(["a", "x"], sent=sent, acknowledged={"a"}) == Verdict([], [], ["x"])
