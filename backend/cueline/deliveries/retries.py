"""When a failed try is repeated, and when it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cueline.deliveries import reasons
from cueline.errors import DeliveryError

MAX_ATTEMPTS: Final = 12
FIRST_WAIT_MS: Final = 30_000
LONGEST_WAIT_MS: Final = 6 * 3_600_000
# At most so much longer, by chance: what failed together is not tried again together.
_SPREAD: Final = 0.25


@dataclass(frozen=True, slots=True)
class Verdict:
    """`wait_ms` None: it has failed for good."""

    reason: str
    wait_ms: int | None


def judge(error: DeliveryError, *, attempts: int, may_repeat: bool, random: Callable[[], float]) -> Verdict:
    """What follows from a failed try. `attempts` counts it; `may_repeat`: a mail may go out twice."""
    why = reasons.reason(error.code, error.message)
    if error.permanent or (error.code == reasons.ANSWER_LOST and not may_repeat):
        return Verdict(why, None)
    if attempts >= MAX_ATTEMPTS:
        return Verdict(reasons.reason(reasons.GAVE_UP, why), None)
    return Verdict(why, wait_ms(attempts, random=random))


def judge_crash(*, attempts: int, may_repeat: bool) -> Verdict:
    """What follows from a process that died while sending."""
    if not may_repeat:
        return Verdict(reasons.CRASHED_WHILE_SENDING, None)
    if attempts >= MAX_ATTEMPTS:
        return Verdict(reasons.reason(reasons.GAVE_UP, reasons.CRASHED_WHILE_SENDING), None)
    return Verdict(reasons.CRASHED_WHILE_SENDING, 0)


def wait_ms(attempts: int, *, random: Callable[[], float]) -> int:
    """30 s after the first try, twice as long after each further one, at most 6 h, and up to a quarter more."""
    plain: int = min(FIRST_WAIT_MS * 2 ** (attempts - 1), LONGEST_WAIT_MS)
    return round(plain * (1 + _SPREAD * random()))
