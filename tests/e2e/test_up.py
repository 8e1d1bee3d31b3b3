"""`cueline up` from the first time to the second, with no keys preset, and a mail server for the second."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from aiosmtpd.controller import Controller

from tests.conftest import free_port
from tests.deliveries.mailbox import Mailbox
from tests.e2e.conftest import DATABASES, settings_of
from tests.e2e.processes import Found
from tests.e2e.stack import Stack, action, eventually, profile

pytestmark = pytest.mark.redis


@dataclass
class Runs:
    """The first run has ended; the second goes on with its data."""

    first: Stack
    started: list[Found]
    left: list[Found]
    exit_code: int
    second: Stack
    mailbox: Mailbox


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    mailbox.controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    mailbox.controller.start()
    yield mailbox
    mailbox.controller.stop()


@pytest.fixture(scope="module", params=DATABASES)
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Runs]:
    settings = settings_of(request)
    first = Stack(tmp_path_factory.mktemp("twice"), settings).start()
    first.post_events(profile("p-1", "ada", email="ada@example.com"), action("first-1", "ada", "FirstRun"))
    eventually(lambda: first.events(user="ada", action="FirstRun"))
    started = first.processes()
    code = first.stop()
    left = [process for process in started if process.is_running]
    second = Stack(first.home, settings | {"CUELINE_SMTP_URL": mailbox.url}, port=first.port).start()
    yield Runs(first, started, left, code, second, mailbox)
    assert second.stop() == 0, second.printed


def test_up_says_where_to_look_which_keys_there_are_and_how_to_stop(runs: Runs) -> None:
    stack, printed = runs.first, runs.first.printed
    for expected in (
        rf"Demo shop +{stack.url}/demo/$",
        rf"Status page +{stack.url}/$",
        r"Write key +wk_\S{20,}$",
        rf"Secret key +{re.escape(stack.secret_key)}$",
        r"Ctrl-C stops\.$",
        r"Identity +off",
        r"Origins +\*",
    ):
        assert re.search(expected, printed, re.MULTILINE), (expected, printed)
    assert "Traceback" not in printed


def test_ctrl_c_ends_it_well_and_leaves_no_process(runs: Runs) -> None:
    commands = {word for process in runs.started for word in process.command}
    assert {"granian", "drain", "deliver", "clock"} <= commands
    assert (runs.exit_code, runs.left) == (0, [])
    assert runs.first.lines[-2:] == ["stopping…", "stopped"]


def test_a_second_up_goes_on_with_the_same_data_and_keys(runs: Runs) -> None:
    def keys(stack: Stack) -> list[str]:
        return re.findall(r"\b[ws]k_\S+", stack.printed)

    assert keys(runs.first) == keys(runs.second)
    assert runs.second.events(user="ada", action="FirstRun")[0]["eid"] == "first-1"
    runs.second.post_events(action("first-1", "ada", "FirstRun"), action("second-1", "ada", "SecondRun"))
    eventually(lambda: runs.second.events(user="ada", action="SecondRun"))
    assert len(runs.second.events(user="ada", action="FirstRun")) == 1


def test_with_a_mail_server_the_mail_is_sent_to_one_recipient_with_a_message_id(runs: Runs) -> None:
    runs.second.post_events(action("reset-1", "ada", "reset_password", link="https://shop.example/reset?t=7"))
    delivery = runs.second.wait_for_delivery("ada", "sent")
    mail = runs.mailbox.mails.pop()
    assert mail.recipients == ["ada@example.com"]
    parsed = mail.parsed()
    assert delivery["id"] in parsed["Message-ID"]
    assert parsed["To"] == "ada@example.com"
    html = parsed.get_body(("html",))
    assert html is not None and "https://shop.example/reset?t=7" in html.get_content()
    assert runs.mailbox.mails == []
    eventually(lambda: [event for event in runs.second.events(user="ada") if event["type"] == "email_sent"])


def test_up_on_data_that_is_in_use_says_where_it_runs(runs: Runs) -> None:
    said = runs.second.run("up", "--port", str(free_port()))
    assert said.returncode == 1
    assert runs.second.url in said.stderr
