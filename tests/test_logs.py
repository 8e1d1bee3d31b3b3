"""One line per outcome, as text or JSON; nothing secret in it; what repeats is counted, not repeated."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator

import pytest

from cueline import logs
from cueline.logs import Log

log = Log("cueline.tests.logs")
Said = Callable[[], list[str]]


@pytest.fixture
def configured(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[str, str], Said]]:
    """`configured(style, level)` gives what reads the lines written since it was last asked."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)

    def start(style: str, level: str) -> Said:
        logs.configure(style, level)
        return written

    def written() -> list[str]:
        return capsys.readouterr().err.splitlines()

    yield start
    root.handlers[:] = handlers
    root.setLevel(level)


Start = Callable[[str, str], Said]


def test_a_line_of_text_has_time_level_words_and_fields(configured: Start) -> None:
    said = configured("text", "info")
    log.info("delivery closed", delivery=7, state="sent", reason=None, first=True, template="two words")
    (line,) = said()
    at, level, rest = line.split(maxsplit=2)
    assert at.endswith("Z") and level == "info"
    assert rest == 'delivery closed delivery=7 state=sent first=true template="two words"'


def test_a_line_of_json_is_an_object_with_the_same(configured: Start) -> None:
    said = configured("json", "info")
    log.info("delivery closed", delivery=7, state="sent", reason=None)
    found = json.loads(said()[0])
    assert found | {"level": "info", "what": "delivery closed", "logger": "cueline.tests.logs"} == found
    assert (found["delivery"], found["state"], found["reason"]) == (7, "sent", None)


def test_lines_of_other_packages_come_in_the_same_form(configured: Start) -> None:
    said = configured("json", "warning")
    logging.getLogger("other").warning("port %d is taken\nby somebody", 25)
    logging.getLogger("other").info("chatter")
    (line,) = said()
    assert json.loads(line)["what"] == "port 25 is taken by somebody"


@pytest.mark.parametrize("style", logs.FORMATS)
def test_keys_passwords_and_mail_addresses_never_come_out(configured: Start, style: str) -> None:
    said = configured(style, "debug")
    secret = "sk_Zm9vYmFyYmF6cXV4 wk_cHVibGlj ada.l+x@shop.example redis://me:hidden@host/0"
    log.info("told", why=secret)
    logging.getLogger("other").warning("told %s", secret)
    try:
        raise ValueError(secret)
    except ValueError as error:
        log.fault("failed", error)
    lines = said()
    assert len(lines) == 3
    for hidden in ("Zm9vYm", "cHVibGlj", "ada.l", "shop.example", "hidden"):
        assert hidden not in "".join(lines)
    assert "@host" in lines[0]


def test_a_traceback_names_types_and_lines_and_only_debug_what_the_error_says(configured: Start) -> None:
    for level, is_told in (("info", False), ("debug", True)):
        said = configured("text", level)
        try:
            int("twelve")
        except ValueError as error:
            log.fault("failed", error)
        (line,) = said()
        assert ("twelve" in line) is is_told
        assert "ValueError" in line and "test_logs.py:" in line


def test_warnings_that_repeat_are_counted_and_outcomes_are_all_written(configured: Start) -> None:
    said = configured("text", "info")
    for number in range(50):
        log.warning("drain waits", number=number)
        log.often("refused", number=number)
        log.info("delivery closed", number=number)
        logging.getLogger("other").error("no answer")
    lines = said()
    assert [sum(word in line for line in lines) for word in ("waits", "refused", "closed", "answer")] == [1, 1, 50, 1]


def test_the_line_after_the_pause_says_how_many_were_left_out() -> None:
    seldom, written = logs.Seldom(every_s=0.0), logs.Seldom()
    record = logging.makeLogRecord({"name": "x", "what": "waits", "limit": "waits", "levelno": logging.WARNING})
    assert [written.filter(record) for _ in range(4)] == [True, False, False, False]
    written._every_s = 0.0
    assert written.filter(record) and "repeated=3" in logs.TextLines().format(record)
    assert seldom.filter(record) and seldom.filter(record)


def test_configuring_twice_writes_each_line_once(configured: Start) -> None:
    configured("json", "info")
    said = configured("text", "info")
    log.info("once")
    assert len(said()) == 1


def test_an_error_of_a_database_is_told_without_the_lines_that_quote_the_row() -> None:
    class Failed(Exception):
        orig = RuntimeError("duplicate key\nDETAIL: Key (eid)=(secret)")

    assert logs.said(Failed()) == "RuntimeError: duplicate key"
    assert logs.said(TimeoutError()) == "TimeoutError"
