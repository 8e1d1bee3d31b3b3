"""The entries under `segments`: named conditions on users, and how they name each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any, Final

from cueline import conditions
from cueline.campaigns.spec import Segment
from cueline.conditions import Condition
from cueline.errors import Problem
from cueline.problems import error, join, key_at, mapping_at, missing, suggestion, text_at

KEYS: Final = ("key", "name", "where")
MAX_NAME: Final = 200
# With every segment that it names in its place. Beyond, loading what is in force would take for ever or too deep a
# stack.
MAX_LEAVES: Final = 200
MAX_DEPTH: Final = 8


def parse(value: object, *, at: str, problems: list[Problem]) -> Segment | None:
    document = mapping_at(value, at=at, keys=KEYS, problems=problems)
    if document is None:
        return None
    before = len(problems)
    for needed in ("key", "where"):
        if needed not in document:
            missing(problems, at, key=needed)
    if len(problems) > before:
        return None
    key, name = key_at(document["key"], at=join(at, "key"), problems=problems), document.get("name")
    if name is not None:
        text_at(name, at=join(at, "name"), problems=problems, most=MAX_NAME)
    where = conditions.parse(document["where"], at=join(at, "where"), problems=problems, roots=("user",))
    if key is None or where is None or len(problems) > before:
        return None
    return Segment(key, where, name)


def to_document(segment: Segment) -> dict[str, Any]:
    where = conditions.to_document(segment.where)
    named = {} if segment.name is None else {"name": segment.name}
    return {"key": segment.key, **named, "where": where}


def check(condition: Condition, segments: Mapping[str, Segment], *, at: str, problems: list[Problem]) -> None:
    """An error for every segment that is named and that there is not."""
    for place, key in condition.segments(at):
        if key not in segments:
            message = f"There is no such segment.{suggestion(key, segments)}"
            error(problems, place, code="unknown_segment", message=message, value=key, allowed=sorted(segments)[:20])


def check_circle(
    written: Sequence[Segment], segments: Mapping[str, Segment], *, at: str, problems: list[Problem]
) -> None:
    """An error at each segment of a document that names itself by way of others, all of one circle."""
    circle = _circle(segments)
    naming = dict(pairwise(circle))
    for index, segment in enumerate(written):
        if segment.key in naming:
            place = next(p for p, key in segment.where.segments(f"{at}[{index}].where") if key == naming[segment.key])
            message = f"A segment cannot name itself: {' -> '.join(circle)}."
            error(problems, place, code="segment_cycle", message=message, value=naming[segment.key])


def check_sizes(segments: Mapping[str, Segment], *, at: str, problems: list[Problem]) -> None:
    """An error for the first segment that says too much, with all that it names."""
    sizes: dict[str, tuple[int, int]] = {}
    for key, segment in _in_order(segments):
        named = [sizes.get(name, (0, 0)) for name in _named(segment)]
        leaves = len(conditions.located(segment.where, "")) + sum(count for count, _ in named)
        sizes[key] = leaves, 1 + max((depth for _, depth in named), default=0)
        if leaves > MAX_LEAVES or sizes[key][1] > MAX_DEPTH:
            message = (
                f'With the segments that it names, "{key}" has {leaves:,} leaves and is {sizes[key][1]} segments deep; '
                f"{MAX_LEAVES} and {MAX_DEPTH} are allowed."
            )
            error(problems, at, code="segment_too_large", message=message, value=key)
            return


def resolved(segments: Mapping[str, Segment]) -> dict[str, Condition]:
    """What every segment says, with those it names in their places. One that cannot be had is left out."""
    done: dict[str, Condition] = {}
    for key, segment in _in_order(segments):
        if all(name in done for name in _named(segment)):
            done[key] = segment.where.resolved(done)
    return done


def _named(segment: Segment) -> Iterator[str]:
    yield from (key for _, key in segment.where.segments(""))


def _sorter(segments: Mapping[str, Segment]) -> TopologicalSorter[str]:
    return TopologicalSorter({key: tuple(_named(segment)) for key, segment in segments.items()})


def _in_order(segments: Mapping[str, Segment]) -> Iterator[tuple[str, Segment]]:
    """Each after those that it names, without circles and what names one."""
    sorter = _sorter(segments)
    with suppress(CycleError):
        sorter.prepare()
    while ready := sorter.get_ready():
        yield from ((key, segments[key]) for key in ready if key in segments)
        sorter.done(*ready)


def _circle(segments: Mapping[str, Segment]) -> tuple[str, ...]:
    """One circle, each naming the next, the first again at the end; () when there is none."""
    try:
        _sorter(segments).prepare()
    except CycleError as found:
        # It lists them the other way round: each is named by the next.
        return tuple(reversed(found.args[1]))
    return ()
