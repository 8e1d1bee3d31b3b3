"""One event on its way through the engine, with everything that its decision needs."""

from __future__ import annotations

from msgspec import Struct

from cueline.engine.decode import Decoded
from cueline.engine.live import Live
from cueline.engine.outcome import Outcome
from cueline.engine.state import State, UserState
from cueline.events import Event


class Case(Struct, frozen=True):
    """`moment_ms`: when it is decided, by our clock: when the event, or the one that released it, was received."""

    event: Event
    decoded: Decoded
    user: UserState
    live: Live
    state: State
    out: Outcome
    moment_ms: int
