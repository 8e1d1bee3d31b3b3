"""The entries under `segments`: named conditions on users, and how they name each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cueline import conditions
from cueline.campaigns.spec import Segment
from cueline.conditions import Condition
from cueline.errors import Problem
from cueline.problems import error, join, key_at, mapping_at, missing, suggestion, text_at

KEYS: Final = ("key", "name", "where")
MAX_NAME: Final = 200


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


def check(
    condition: Condition,
    segments: Mapping[str, Segment],
    *,
    at: str,
    problems: list[Problem],
    within: str | None = None,
) -> None:
    """An error for every segment that there is not, and for one that comes back to the one it is in (`within`)."""
    for place, key in condition.segments(at):
        if key not in segments:
            message = f"There is no such segment.{suggestion(key, segments)}"
            error(problems, place, code="unknown_segment", message=message, value=key, allowed=sorted(segments)[:20])
        elif within is not None and (circle := _circle(key, within, segments)):
            message = f"A segment cannot name itself: {' -> '.join(circle)}."
            error(problems, place, code="segment_cycle", message=message, value=key)


def _circle(start: str, end: str, segments: Mapping[str, Segment]) -> tuple[str, ...]:
    """The way from a segment that `end` names back to it; () when there is none."""
    waiting: list[tuple[str, ...]] = [(end, start)]
    seen = {start}
    while waiting:
        way = waiting.pop()
        if way[-1] == end:
            return way
        for key in _named(segments.get(way[-1])):
            if key == end or key not in seen:
                seen.add(key)
                waiting.append((*way, key))
    return ()


def _named(segment: Segment | None) -> Iterator[str]:
    if segment is not None:
        yield from (key for _, key in segment.where.segments(""))


def resolved(segments: Mapping[str, Segment]) -> dict[str, Condition]:
    """What every segment says, with those it names in their places. One that cannot be had is left out."""
    done: dict[str, Condition] = {}
    waiting = dict(segments)
    while waiting:
        ready = [key for key, segment in waiting.items() if all(name in done for name in _named(segment))]
        if not ready:
            break  # circles, and what names them or what is not there
        for key in ready:
            done[key] = waiting.pop(key).where.resolved(done)
    return done
