"""Names and units as Prometheus users expect them, each one documented, and counters that add up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from sqlalchemy import Engine

import cueline
from cueline.clock import FrozenClock
from cueline.collector.counted import COUNTERS
from cueline.streams import histogram, keys
from cueline.streams.stats import Stats
from tests.collector.test_health import client, scrape

ROOT = Path(cueline.__file__).parents[2]
WATCHING = (ROOT / "docs/watching.md").read_text()
ROW = re.compile(r"^\| `(cueline_\w+?)(?:\{([\w,]+)\})?` \| (\w+) \|", re.MULTILINE)
DOCUMENTED = {name: (frozenset((labels or "").split(",")) - {""}, kind) for name, labels, kind in ROW.findall(WATCHING)}
_SUFFIX = {"counter": "_total"}


@pytest.fixture
def asking(redis: Redis, sqlite: Engine, clock: FrozenClock) -> FlaskClient:
    return client(redis, sqlite, clock)


def families(asking: FlaskClient) -> list[Metric]:
    return list(text_string_to_metric_families(asking.get("/metrics").text))


def exposed_name(family: Metric) -> str:
    return family.name + _SUFFIX.get(family.type, "")


def test_every_metric_is_documented_with_its_kind_and_none_that_is_gone(asking: FlaskClient) -> None:
    shown = {exposed_name(family): family.type for family in families(asking)}
    assert shown == {name: kind for name, (_, kind) in DOCUMENTED.items()}


def test_the_labels_are_documented(asking: FlaskClient) -> None:
    wanted = {f"cueline_{counted.name}": frozenset(counted.labels) for counted in COUNTERS}
    for family in families(asking):
        if family.samples and family.type != "histogram":
            wanted[exposed_name(family)] = frozenset(family.samples[0].labels)
    assert {name: labels for name, (labels, kind) in DOCUMENTED.items() if kind != "histogram"} == wanted


def test_names_units_and_help_are_as_promtool_wants_them(asking: FlaskClient) -> None:
    for family in families(asking):
        assert re.fullmatch(r"cueline_[a-z][a-z0-9_]*", family.name), family.name
        assert family.documentation and not family.documentation.endswith("."), family.name
        assert family.type in ("counter", "gauge", "histogram"), family.name
        words = family.name.split("_")
        assert not {"total", "count", "sum", "bucket", "counter", "gauge", "histogram"} & set(words), family.name
        assert not {"ms", "milliseconds", "minutes", "hours", "kb", "mb", "percent"} & set(words), family.name
        for sample in family.samples:
            assert family.type != "counter" or sample.name.endswith("_total")
            assert all(re.fullmatch(r"[a-z]+", label) for label in sample.labels), sample


def test_everything_that_is_counted_in_the_code_is_in_the_table() -> None:
    counted = set()
    for file in (ROOT / "backend/cueline").rglob("*.py"):
        counted |= set(re.findall(r'\bcount\(\s*"(\w+)"', file.read_text()))
    assert counted == {one.name for one in COUNTERS}


def test_what_can_be_known_beforehand_begins_at_zero(asking: FlaskClient) -> None:
    figures = scrape(asking)
    assert figures["cueline_events_accepted_total", (("door", "collect"),)] == 0
    assert figures["cueline_drain_events_total", (("status", "repeated"),)] == 0
    assert figures["cueline_effects_total", (("kind", "points"),)] == 0
    assert figures["cueline_drain_batch_seconds_count", ()] == 0


def test_the_time_of_batches_is_a_histogram_over_all_processes(asking: FlaskClient, redis: Redis) -> None:
    for seconds in ((0.0009, 0.004, 0.004), (0.3, 60.0)):
        stats = Stats(redis)
        for one in seconds:
            histogram.observe(stats.count, "drain_batch_seconds", one)
        stats.flush()
    figures = scrape(asking)
    name = "cueline_drain_batch_seconds"
    found = {le: figures[f"{name}_bucket", (("le", le),)] for le in ("0.001", "0.0025", "0.005", "0.5", "10", "+Inf")}
    assert found == {"0.001": 1, "0.0025": 1, "0.005": 3, "0.5": 4, "10": 4, "+Inf": 5}
    assert figures[f"{name}_count", ()] == 5
    assert figures[f"{name}_sum", ()] == pytest.approx(60.3089)


def test_counters_of_another_release_are_left_out(asking: FlaskClient, redis: Redis) -> None:
    Stats(redis).count("from_tomorrow_total", 3)
    redis.hset(keys.STATS, mapping={"from_tomorrow_total": 3, 'events_accepted_total{door="rest",shop="1"}': 7})
    figures = scrape(asking)
    assert not [name for name, _ in figures if "tomorrow" in name]
    assert {labels for name, labels in figures if name == "cueline_events_accepted_total"} == {
        (("door", "collect"),),
        (("door", "rest"),),
    }


def test_signs_of_life_are_shown(asking: FlaskClient, redis: Redis, clock: FrozenClock) -> None:
    figures = scrape(asking)
    assert (figures["cueline_clock_up", ()], figures["cueline_drains", ()]) == (0, 0)
    redis.set(keys.CLOCK_LEADER, "me")
    redis.zadd(keys.DRAINS, {"fresh": clock.now_ms(), "dead": clock.now_ms() - 60_000})
    redis.set(keys.slot("deliver", 1), "me")
    redis.set(keys.lease(1), "me")
    figures = scrape(asking)
    assert (figures["cueline_clock_up", ()], figures["cueline_drains", ()]) == (1, 1)
    assert figures["cueline_resident_jobs", (("kind", "deliver"),)] == 1
    assert [figures["cueline_stream_owned", (("partition", p),)] for p in "01"] == [0, 1]


def test_the_figures_to_alarm_on_exist() -> None:
    alarms = re.findall(r"^\| `(cueline_\w+)[^`]*` \| [^|]*\b(?:above|0|grows|below)\b", WATCHING, re.MULTILINE)
    assert alarms and set(alarms) <= set(DOCUMENTED) | {f"{name}_bucket" for name in DOCUMENTED}
