"""The counters of all processes, as `/metrics` shows them: a table of them, and the hash that they are added up in."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from cueline import events
from cueline.campaigns.effects.registry import EFFECTS
from cueline.store.deliveries import CLOSED
from cueline.streams import histogram

PREFIX: Final = "cueline_"
REPEATED: Final = "repeated"
_DOORS: Final = ("collect", "rest")

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """`labels`: name -> the values that are known beforehand, which begin at 0 so that a rate sees the first one."""

    name: str
    help: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def zeros(self) -> Iterator[Labels]:
        """Nothing where one of the labels has values that only come up."""
        for values in itertools.product(*self.labels.values()):
            yield tuple(zip(self.labels, values, strict=True))


COUNTERS: Final = (
    Counted("events_accepted_total", "Events that were answered 202: they are in Redis", {"door": _DOORS}),
    Counted(
        "events_rejected_total", "Events that a door refused, by what was wrong with them", {"door": (), "code": ()}
    ),
    Counted("requests_refused_total", "Requests that a door refused whole", {"door": (), "code": ()}),
    Counted(
        "rate_limited_total",
        "Requests that were answered 429, by whose rate it was",
        {"door": _DOORS, "kind": ("key", "address", "visitor")},
    ),
    Counted("users_unverified_total", "Requests that named a user without a good hash", {"mode": (), "verdict": ()}),
    Counted("api_requests_total", "Requests to the REST API, by their answer", {"status": ()}),
    Counted(
        "drain_events_total",
        "Events that a drain committed, by what became of them",
        {"status": (*events.STATUSES, REPEATED)},
    ),
    Counted("drain_batches_total", "Batches that a drain committed"),
    Counted("runs_total", "Entries of users into campaigns"),
    Counted("effects_total", "Effects that campaigns decided", {"kind": tuple(EFFECTS)}),
    Counted("events_expired_total", "Held events whose visitor did not log in within the hold time"),
    Counted("deliveries_total", "Deliveries that were closed, by how", {"state": tuple(sorted(CLOSED))}),
    Counted("outcomes_dropped_total", "Outcomes that were not reported as events, by why", {"reason": ("hops",)}),
)
BATCH_SECONDS: Final = "drain_batch_seconds"
_BATCH_HELP: Final = "Time from BEGIN to COMMIT of a batch"

_FIELD: Final = re.compile(r"([a-zA-Z_]\w*)(?:\{(.*)\})?", re.DOTALL)
_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def families(stats: Mapping[bytes, bytes]) -> Iterator[Metric]:
    """The hash of `streams.stats` as families `cueline_…`. What is in no table is another release's, and left out."""
    found = dict(_read(stats))
    for counted in COUNTERS:
        yield _counter(counted, found)
    yield _histogram(BATCH_SECONDS, _BATCH_HELP, found)


def _read(stats: Mapping[bytes, bytes]) -> Iterator[tuple[tuple[str, Labels], float]]:
    for stored, value in stats.items():
        match = _FIELD.fullmatch(stored.decode())
        if match is not None:
            labels = ((label, _ESCAPED.sub(_unescape, said)) for label, said in _LABEL.findall(match[2] or ""))
            yield (match[1], tuple(sorted(labels))), float(value)


def _counter(counted: Counted, found: Mapping[tuple[str, Labels], float]) -> Metric:
    family = CounterMetricFamily(PREFIX + counted.name.removesuffix("_total"), counted.help)
    values = dict.fromkeys((tuple(sorted(labels)) for labels in counted.zeros()), 0.0)
    names = sorted(counted.labels)
    for (name, own), value in found.items():
        if name == counted.name and [label for label, _ in own] == names:
            values[own] = value
    for labels, value in sorted(values.items()):
        family.add_sample(PREFIX + counted.name, dict(labels), value)
    return family


def _histogram(name: str, said: str, found: Mapping[tuple[str, Labels], float]) -> Metric:
    """Each bucket was counted by itself; here they are summed up, as Prometheus has them."""
    own = [found.get((f"{name}_bucket", (("le", label),)), 0.0) for label in histogram.LABELS]
    buckets = list(zip(histogram.LABELS, itertools.accumulate(own), strict=True))
    return HistogramMetricFamily(PREFIX + name, said, buckets=buckets, sum_value=found.get((f"{name}_sum", ()), 0.0))


def _unescape(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else match[1]
