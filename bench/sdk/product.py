"""What the benchmark knows of a product: how a page uses it, and how to read what it reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

MARKED: Final = "bench_event"
"""The name of each event that the benchmark reports; what else arrives (page views) is the product's own affair."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event of ours, by the text that marks it and by the product's own id: equal ids are counted once.

    `dropped`: how many events the product says with this one that it had to drop.
    """

    marker: str
    eid: str
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    body: str = ""
    kind: str = "application/json"
    status: int = 200


@dataclass(frozen=True, slots=True)
class Product:
    """`origin` is that of the product's server: it serves `files` and takes the events.

    `head`: what a page pastes. `is_stub`: it keeps calls until the script is there. `evaluated`: the program, `start`
    the statement that starts it; together they are the work of `init`. `call`: a function of a marker. `collects`: a
    pattern of the paths that take events.
    """

    name: str
    version: str
    files: Mapping[str, bytes]
    served: bytes
    evaluated: str
    head: Callable[[str], str]
    start: Callable[[str], str]
    ready: str
    call: str
    collects: str
    read: Callable[[Any], list[Arrived]]
    is_stub: bool
    answers: Mapping[str, Callable[[str], Answer]] = field(default_factory=dict)
    answer: Answer = field(default_factory=Answer)
    attributes: Callable[[str], Mapping[str, str]] = lambda origin: {}
