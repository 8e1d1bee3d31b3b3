"""What is said of a broken event names the fault, never the event's values."""

import logging

import pytest

from tests.drain.pipe import Pipe
from tests.drain.test_poison import break_rule, letters


def test_neither_the_letter_nor_the_log_quotes_the_payload(pipe: Pipe, caplog: pytest.LogCaptureFixture) -> None:
    break_rule(pipe)
    with caplog.at_level(logging.DEBUG, logger="cueline"):
        for _ in range(2):
            pipe.action("Poison", link="https://shop.example/reset?t=SESAME")
        pipe.drain()
    assert len(letters(pipe)) == 2
    assert not [letter.error for letter in letters(pipe) if "SESAME" in letter.error]
    assert "SESAME" not in caplog.text
