import dataclasses
from collections.abc import Callable

from tests.conftest import free_port
from tests.deliveries.mailbox import Mailbox
from tests.deliveries.rows import ADA, HELLO, House

MARKETING = HELLO | {"category": "marketing"}


def test_a_refusal_for_now_is_tried_again_after_30_seconds(mailing: House, smtp: Mailbox) -> None:
    smtp.rcpt_answer = "450 greylisted"
    delivery = mailing.delivery()
    assert mailing.work() == 1
    row = mailing.row(delivery)
    assert (row.state, row.reason, row.attempts) == ("pending", "try_later: 450 greylisted", 1)
    assert row.due_ms == mailing.clock.now_ms() + 30_000
    assert mailing.work() == 0
    smtp.rcpt_answer = None
    mailing.clock.advance(30_000)
    mailing.work()
    assert (mailing.row(delivery).state, mailing.row(delivery).reason) == ("sent", None)


def test_a_retry_is_the_same_mail_though_user_and_template_have_changed(mailing: House, smtp: Mailbox) -> None:
    smtp.drop_at = "taken"
    delivery = mailing.delivery()
    mailing.work()
    smtp.drop_at = None
    mailing.template(**HELLO | {"subject": "changed", "html": "changed"})
    mailing.clock.advance(30_000)
    mailing.work()
    first, second = (mail.parsed() for mail in smtp.mails)
    assert first["Message-ID"] == second["Message-ID"] == f"<delivery-{delivery}@cueline.shop.example>"
    assert first["Subject"] == second["Subject"]
    assert _bodies(first) == _bodies(second)


def _bodies(message: object) -> list[str]:
    return [part.get_content() for part in message.iter_parts()]  # type: ignore[attr-defined]


def test_waits_double_and_after_12_tries_up_to_6_hours_it_gives_up(mailing: House, smtp: Mailbox) -> None:
    smtp.data_answer = "451 disk full"
    delivery = mailing.delivery()
    waits = []
    while mailing.row(delivery).state == "pending":
        mailing.work()
        waits.append(mailing.row(delivery).due_ms - mailing.clock.now_ms())
        mailing.clock.advance(max(waits[-1], 0))
    assert waits[:11] == [min(30_000 * 2**n, 6 * 3_600_000) for n in range(11)]
    row = mailing.row(delivery)
    assert (row.state, row.attempts, row.reason) == ("failed", 12, "gave_up: try_later: 451 disk full")


def test_a_refusal_for_good_fails_with_the_servers_words(mailing: House, smtp: Mailbox) -> None:
    smtp.rcpt_answer = "550 no such user here"
    delivery = mailing.delivery()
    mailing.work()
    row = mailing.row(delivery)
    assert (row.state, row.reason) == ("failed", "refused: 550 no such user here")


def test_one_refused_recipient_does_not_touch_the_next(mailing: House, smtp: Mailbox) -> None:
    smtp.rcpt_answer = "550 no"
    refused = mailing.delivery()
    mailing.work()
    smtp.rcpt_answer = None
    good = [mailing.delivery() for _ in range(2)]
    mailing.work()
    assert mailing.row(refused).state == "failed"
    assert [mailing.row(delivery).state for delivery in good] == ["sent", "sent"]


def test_a_lost_answer_is_not_repeated_for_marketing(mailing: House, smtp: Mailbox) -> None:
    mailing.template(**MARKETING)
    smtp.drop_at = "taken"
    delivery = mailing.delivery()
    mailing.work()
    assert mailing.row(delivery).state == "failed"
    assert mailing.row(delivery).reason.startswith("answer_lost")
    assert len(smtp.mails) == 1


def test_a_connection_lost_before_the_data_is_repeated_also_for_marketing(mailing: House, smtp: Mailbox) -> None:
    mailing.template(**MARKETING)
    smtp.drop_at = "rcpt"
    delivery = mailing.delivery()
    mailing.work()
    assert mailing.row(delivery).reason.startswith("try_later: the connection broke")
    smtp.drop_at = None
    mailing.clock.advance(30_000)
    mailing.work()
    assert mailing.row(delivery).state == "sent"
    assert len(smtp.mails) == 1


def test_an_outage_costs_only_one_delivery_a_try(house: House, open_mailbox: Callable[..., Mailbox]) -> None:
    port = free_port()
    house.settings = dataclasses.replace(house.settings, smtp_url=f"smtp://127.0.0.1:{port}")
    for n in range(3):
        house.delivery(properties=ADA | {"first_name": str(n)})
    house.work()
    assert [row.attempts for row in house.rows()] == [1, 0, 0]
    assert all(row.due_ms == house.clock.now_ms() + 30_000 for row in house.rows())
    assert house.rows()[0].reason.startswith(f"unreachable: the mail server 127.0.0.1:{port} cannot be used")
    smtp = open_mailbox(port=port)
    house.clock.advance(30_000)
    house.work()
    assert [row.state for row in house.rows()] == ["sent"] * 3
    assert len(smtp.mails) == 3
