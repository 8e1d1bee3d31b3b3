"""SQL goes away while a mail is on its way: what became of it is written down when SQL is back."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from cueline.store.migrate import upgrade
from cueline.store.session import RESIDENT, is_postgresql, open_engine, writing
from tests.deliveries.conftest import SETTINGS
from tests.deliveries.mailbox import Mailbox
from tests.deliveries.rows import HELLO, House

# Every try of the deliver job gives up so soon, so that some of them fail.
HASTY = dataclasses.replace(RESIDENT, lock_ms=200)


@pytest.fixture
def hasty(database_url: str, smtp: Mailbox) -> Iterator[House]:
    engine = open_engine(database_url, patience=HASTY)
    upgrade(engine)
    yield House(engine, dataclasses.replace(SETTINGS, smtp_url=smtp.url))
    engine.dispose()


@pytest.fixture
def lock(database_url: str, smtp: Mailbox) -> Iterator[threading.Event]:
    """From the first mail on, while it is being taken, somebody else locks the database until the event is set."""
    free = threading.Event()
    threads: list[threading.Thread] = []

    def hold(is_held: threading.Event) -> None:
        engine = open_engine(database_url)
        with writing(engine) as connection:
            _lock(connection)
            is_held.set()
            free.wait(60)
        engine.dispose()

    def begin() -> None:
        is_held = threading.Event()
        if not threads:
            threads.append(threading.Thread(target=hold, args=(is_held,)))
            threads[0].start()
            assert is_held.wait(20)

    smtp.on_data = begin
    yield free
    free.set()
    for thread in threads:
        thread.join(20)


def _lock(connection: Connection) -> None:
    if is_postgresql(connection):
        connection.execute(text("LOCK TABLE deliveries"))


@pytest.mark.parametrize("category", ["marketing", "transactional"])
def test_a_mail_that_went_out_while_sql_was_locked_is_sent_and_no_second_time(
    hasty: House, smtp: Mailbox, lock: threading.Event, category: str
) -> None:
    hasty.template(**HELLO | {"category": category})
    delivery = hasty.delivery()
    threading.Timer(0.8, lock.set).start()
    hasty.work()
    hasty.clock.advance(600_000)
    hasty.work()
    assert hasty.row(delivery).state == "sent"
    assert len(smtp.mails) == 1


def test_a_mail_that_was_refused_while_sql_was_locked_is_tried_again(
    hasty: House, smtp: Mailbox, lock: threading.Event
) -> None:
    delivery = hasty.delivery()
    smtp.data_answer = "451 come back later"
    threading.Timer(0.8, lock.set).start()
    hasty.work()
    assert (hasty.row(delivery).state, hasty.row(delivery).attempts) == ("pending", 1)
    smtp.data_answer = None
    hasty.clock.advance(600_000)
    hasty.work()
    assert hasty.row(delivery).state == "sent"
    assert len(smtp.mails) == 1


def test_who_is_asked_to_end_does_not_wait_for_sql(hasty: House, smtp: Mailbox, lock: threading.Event) -> None:
    delivery = hasty.delivery()
    with pytest.raises(OperationalError):
        hasty.work(stop=lambda: bool(smtp.mails))
    lock.set()
    assert hasty.row(delivery).state == "sending", "its template says whether it is repeated"
