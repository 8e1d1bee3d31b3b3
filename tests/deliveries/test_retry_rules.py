from cueline.deliveries.retries import LONGEST_WAIT_MS, judge, judge_crash, wait_ms
from cueline.errors import DeliveryError

LATER = DeliveryError("450 later", permanent=False, code="try_later")
LOST = DeliveryError("reset", permanent=False, code="answer_lost")


def no_chance() -> float:
    return 0.0


def test_waits_double_up_to_six_hours() -> None:
    assert [wait_ms(n, random=no_chance) for n in (1, 2, 3)] == [30_000, 60_000, 120_000]
    assert wait_ms(30, random=no_chance) == LONGEST_WAIT_MS == 21_600_000


def test_chance_makes_a_wait_longer_never_shorter() -> None:
    assert wait_ms(1, random=lambda: 1.0) == 37_500


def test_a_permanent_failure_is_final_at_once() -> None:
    gone = DeliveryError("550 no", permanent=True, code="refused")
    assert judge(gone, attempts=1, may_repeat=True, random=no_chance).wait_ms is None


def test_a_lost_answer_waits_only_if_the_mail_may_go_out_twice() -> None:
    assert judge(LOST, attempts=1, may_repeat=True, random=no_chance).wait_ms == 30_000
    assert judge(LOST, attempts=1, may_repeat=False, random=no_chance).wait_ms is None


def test_the_twelfth_try_is_the_last() -> None:
    assert judge(LATER, attempts=11, may_repeat=True, random=no_chance).wait_ms == LONGEST_WAIT_MS
    last = judge(LATER, attempts=12, may_repeat=True, random=no_chance)
    assert (last.wait_ms, last.reason) == (None, "gave_up: try_later: 450 later")
    assert judge_crash(attempts=11, may_repeat=True).wait_ms == 0
    assert judge_crash(attempts=12, may_repeat=True).wait_ms is None
