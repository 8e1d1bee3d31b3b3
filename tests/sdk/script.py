"""What a visitor does in a session, made up by chance: the same seed, the same steps."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

# How often each is done. `…_and_…`: in one task of the page, so that nothing has time in between.
STEPS: Final = {
    "act": 30,
    "act_and_leave": 8,
    "act_and_close": 6,
    "act_and_crash": 6,
    "log_in": 10,
    "log_in_and_act": 5,
    "log_out": 6,
    "act_and_log_out": 4,
    "open_link": 8,
    "follow_link": 5,
    "reload": 8,
    "navigate": 8,
    "go_back": 5,
    "push_state": 5,
    "open_tab": 8,
    "open_window": 4,
    "crash": 4,
    "close_tab": 4,
    "go_offline": 6,
    "go_online": 8,
    "wait": 12,
}


@dataclass(frozen=True)
class Step:
    """`tab`: which of those that are open, round the corner. `name`: of the action, if there is one."""

    verb: str
    tab: int
    name: str
    user: str
    wait_ms: int


def script(seed: int, number: int) -> list[Step]:
    """4 to 14 steps of session `number`."""
    random = Random(f"{seed}.{number}")
    verbs = random.choices(list(STEPS), weights=list(STEPS.values()), k=random.randint(4, 14))
    return [
        Step(
            verb=verb,
            tab=random.randrange(6),
            name=f"{seed}.{number}.{index}",
            user=f"{seed}.{number}.u{random.randrange(2)}",
            wait_ms=random.choice([0, 30, 120, 300, 600]),
        )
        for index, verb in enumerate(verbs)
    ]
