import threading
from collections import Counter

import pytest
from sqlalchemy import insert, text

from cueline.store import tables
from cueline.store.deliveries import claim
from cueline.store.session import open_engine, writing
from tests.deliveries.mailbox import Mailbox
from tests.deliveries.rows import House

MANY = 200


def fill(house: House) -> list[int]:
    first = house.row(house.delivery())
    copies = [dict(first._mapping) | {"id": first.id + 1000 + n} for n in range(MANY - 1)]
    with writing(house.engine) as connection:
        connection.execute(insert(tables.deliveries), copies)
    return [row.id for row in house.rows()]


def test_two_workers_at_once_send_each_of_200_exactly_once(mailing: House, smtp: Mailbox, database_url: str) -> None:
    ids = fill(mailing)
    failures: list[BaseException] = []

    def run() -> None:
        engine = open_engine(database_url)
        worker = House.__new__(House)
        worker.engine, worker.settings, worker.clock = engine, mailing.settings, mailing.clock
        worker.reported, worker.counted = mailing.reported, mailing.counted
        try:
            while worker.work():
                pass
        except BaseException as error:
            failures.append(error)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {row.state for row in mailing.rows()} == {"sent"}
    sent = Counter(mail.parsed()["Message-ID"] for mail in smtp.mails)
    assert sent == {f"<delivery-{delivery}@cueline.shop.example>": 1 for delivery in ids}
    assert Counter(entry.eid for entry in mailing.reported) == {f"sent:{delivery}": 1 for delivery in ids}


def test_two_claims_at_the_same_moment_share_nothing(house: House, database_url: str) -> None:
    ids = fill(house)
    taken: list[list[int]] = []
    together = threading.Barrier(2)

    def run(token: str) -> None:
        engine = open_engine(database_url)
        now = house.clock.now_ms()
        together.wait()
        for _ in range(2):
            with writing(engine) as connection:
                taken.append(claim(connection, token=token, now_ms=now, lease_until_ms=now + 1, limit=50))
        engine.dispose()

    threads = [threading.Thread(target=run, args=(token,)) for token in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(n for part in taken for n in part) == sorted(ids)


@pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_a_claim_takes_what_another_open_claim_has_not_and_does_not_wait_for_it(house: House) -> None:
    ids = fill(house)
    due = {"now_ms": house.clock.now_ms(), "lease_until_ms": house.clock.now_ms() + 1, "limit": 50}
    with writing(house.engine) as one, writing(house.engine) as other:
        other.execute(text("SET LOCAL lock_timeout = '2s'"))
        assert claim(one, token="a", **due) == ids[:50]
        assert claim(other, token="b", **due) == ids[50:100]
