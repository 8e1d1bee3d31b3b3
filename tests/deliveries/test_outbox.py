import dataclasses
import logging

import pytest

from cueline.deliveries.outbox import BATCH
from cueline.errors import ConfigError
from tests.deliveries.mailbox import Mailbox
from tests.deliveries.rows import ADA, HELLO, House


def test_a_due_delivery_is_rendered_and_sent(mailing: House, smtp: Mailbox) -> None:
    delivery = mailing.delivery()
    assert mailing.work() == 1
    row = mailing.row(delivery)
    assert (row.state, row.reason, row.attempts, row.to) == ("sent", None, 1, "ada@shop.example")
    assert row.closed_ms == mailing.clock.now_ms()
    assert row.lease_token is None
    (mail,) = smtp.mails
    assert mail.recipients == ["ada@shop.example"]
    assert mail.parsed()["Subject"] == "Hello Ada" == row.subject
    assert "https://shop.example/x" in row.html
    assert row.text == "Your link (https://shop.example/x)"


def test_without_a_mail_server_it_is_kept_and_readable(house: House) -> None:
    delivery = house.delivery()
    house.work()
    row = house.row(delivery)
    assert (row.state, row.reason, row.subject) == ("kept", "no_smtp", "Hello Ada")


def test_what_is_not_due_waits(house: House) -> None:
    delivery = house.delivery(due_ms=house.clock.now_ms() + 1)
    assert house.work() == 0
    house.clock.advance(1)
    assert house.work() == 1
    assert house.row(delivery).state == "kept"


@pytest.mark.parametrize(
    ("properties", "reason"),
    [({}, "no_address"), ({"email": ""}, "no_address"), ({"email": "ada@x, bob@y"}, "bad_address")],
)
def test_a_user_without_a_usable_address_is_skipped(house: House, properties: dict[str, str], reason: str) -> None:
    delivery = house.delivery(properties=properties)
    house.work()
    row = house.row(delivery)
    assert (row.state, row.reason.partition(":")[0], row.attempts) == ("skipped", reason, 0)
    assert row.to is None
    assert row.subject and row.html and row.text  # what it would have said can be read


def test_a_skipped_mail_whose_template_does_not_render_is_skipped_all_the_same(house: House) -> None:
    house.template(**HELLO | {"html": "{{ 1 | divided_by: 0 }}"})
    delivery = house.delivery(properties={})
    house.work()
    row = house.row(delivery)
    assert (row.state, row.reason.partition(":")[0], row.html) == ("skipped", "no_address", None)


def test_a_template_that_is_gone_fails(house: House) -> None:
    delivery = house.delivery(template="gone")
    house.work()
    assert (house.row(delivery).state, house.row(delivery).reason) == ("failed", "unknown_template: gone")


def test_a_template_that_cannot_be_rendered_fails_with_its_error(house: House) -> None:
    house.template(**HELLO | {"html": "{{ 1 | divided_by: 0 }}"})
    delivery = house.delivery()
    house.work()
    row = house.row(delivery)
    assert row.state == "failed"
    assert row.reason.startswith("template_error: divided_by: can't divide by 0")


def test_an_unknown_channel_fails_and_the_others_go_on(house: House) -> None:
    pigeon, mail = house.delivery(channel="pigeon"), house.delivery()
    house.work()
    assert house.row(pigeon).reason == "unknown_channel: pigeon"
    assert house.row(mail).state == "kept"


def test_templates_see_event_user_state_run_and_workspace(house: House) -> None:
    seen = (
        "{{ event.amount }} {{ user.id }} {{ state.first_name }} {{ user.tags | join: ',' }} {{ user.points.default }} "
        "{{ run.campaign }} {{ run.id }} {{ run.entered_at }} {{ workspace.name }}"
    )
    house.template(key="hello", category="marketing", subject="s", text=seen)
    delivery = house.delivery(payload={"amount": 12}, ext_id="42")
    house.work()
    entered = "2025-11-23T09:26:40.000Z"
    assert house.row(delivery).text == f"12 42 Ada vip 10 welcome {delivery} {entered} Shop"


def test_a_property_cannot_pose_as_the_users_id(house: House) -> None:
    house.template(key="hello", subject="s", text="{{ user.id }}")
    delivery = house.delivery(properties=ADA | {"id": "7"}, ext_id="42")
    house.work()
    assert house.row(delivery).text == "42"


def test_a_line_break_in_the_subject_fails_and_adds_no_header(mailing: House, smtp: Mailbox) -> None:
    delivery = mailing.delivery(properties=ADA | {"first_name": "Ada\r\nBcc: mallory@evil.example"})
    mailing.work()
    assert mailing.row(delivery).reason.startswith("bad_message")
    assert smtp.mails == []


def test_stop_ends_the_batch_and_gives_the_rest_back_at_once(house: House) -> None:
    for _ in range(3):
        house.delivery()
    answers = iter([False, True])
    assert house.work(stop=lambda: next(answers)) == 1
    assert [row.state for row in house.rows()] == ["kept", "pending", "pending"]
    assert all(row.lease_token is None for row in house.rows())
    assert house.work() == 2


def test_one_round_takes_no_more_than_a_batch(house: House) -> None:
    for _ in range(BATCH + 1):
        house.delivery()
    assert house.work() == BATCH
    assert house.work() == 1
    assert house.work() == 0


def test_a_wrong_smtp_url_is_told_before_anything_is_claimed(house: House) -> None:
    delivery = house.delivery()
    with pytest.raises(ConfigError, match="CUELINE_SMTP_URL"):
        house.work(settings=dataclasses.replace(house.settings, smtp_url="smtpx://mail"))
    assert house.row(delivery).lease_token is None


def test_each_outcome_is_one_log_line_without_the_address(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.delivery()
    house.delivery(properties={"email": "ada@x, bob@y"})
    with caplog.at_level(logging.INFO, logger="cueline.deliveries"):
        house.work()
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert "delivery kept delivery=" in lines[0]
    assert "reason=bad_address" in lines[1]
    assert "@" not in "".join(lines)


def test_each_outcome_is_counted(house: House) -> None:
    house.delivery()
    house.delivery(properties={})
    house.work()
    assert house.counted == [("deliveries_total", {"state": "kept"}), ("deliveries_total", {"state": "skipped"})]
