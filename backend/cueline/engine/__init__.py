"""Pure: (events, state, live campaigns, now) -> new state + effects. No I/O, no clock of its own."""

from cueline.engine.decide import advance
from cueline.engine.live import ActionRule, Live
from cueline.engine.outcome import Outcome
from cueline.engine.state import State, UserState

__all__ = ["ActionRule", "Live", "Outcome", "State", "UserState", "advance"]
