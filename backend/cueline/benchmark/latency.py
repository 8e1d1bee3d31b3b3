"""From reporting an action to its effect being committed: through `cueline web`, Redis and a drain, one by one.

Nobody asks SQL whether it is there: the drain notes when its commits return, so that measuring is no load.
"""

from __future__ import annotations

from statistics import median
from typing import Final

from cueline.benchmark import drainer
from cueline.benchmark.children import Drainer, Web, told
from cueline.benchmark.measured import Latency, times
from cueline.benchmark.sender import Sent
from cueline.benchmark.shop import Shop
from cueline.errors import CuelineError

_FEWEST: Final = 20
_PATIENCE_S: Final = 60.0


def measure(web: Web, child: Drainer, shop: Shop, *, rate: float, seconds: float) -> Latency:
    """Reports actions for `seconds` at a steady rate, each of which starts a campaign."""
    count = max(_FEWEST, round(rate * seconds))
    child.begin_to_follow(drainer.Follow(count, within_s=count / rate + _PATIENCE_S))
    sent = told("cueline.benchmark.sender", web.port, shop.write_key, rate, count, kind=Sent)
    followed = child.followed()
    lost = len(sent.keys() - followed.seen.keys())
    if lost:
        raise CuelineError(f"{lost} of {count} actions had no effect within {_PATIENCE_S:.0f} s.")
    return split(rate, sent, followed)


def split(rate: float, sent: Sent, followed: drainer.Followed) -> Latency:
    ways = [(*at, followed.seen[eid]) for eid, at in sent.items()]
    first, last = (pick(at for at, _ in sent.values()) for pick in (min, max))
    return Latency(
        rate,
        (len(ways) - 1) / max(last - first, 1e-9),
        len(ways),
        whole=times([seen.committed_s - sent_s for sent_s, _, seen in ways]),
        answered=times([answered_s - sent_s for sent_s, answered_s, _ in ways]),
        waited=times([max(0.0, seen.read_s - answered_s) for _, answered_s, seen in ways]),
        committed=times([seen.committed_s - seen.read_s for *_, seen in ways]),
        batch=median(seen.batch for *_, seen in ways),
        drain_cpu_us=followed.cpu_s / len(ways) * 1e6,
    )
