"""What conditions and effects see under `meta.`: about the event, beside its payload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from cueline import clock
from cueline.engine.case import Case


class Meta(Mapping[str, Any]):
    """Put together when somebody asks: few campaigns do, and the time as text alone costs 2 µs."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    @cached_property
    def _fields(self) -> dict[str, Any]:
        event, decoded = self._case.event, self._case.decoded
        return {
            **event.context,
            "action": decoded.action,
            "type": decoded.type,
            "source": decoded.source,
            "verified": event.verified,
            "time": clock.to_iso(event.at_ms),
        }
