import pytest
from sqlalchemy import Engine, text

from cueline.config import Settings
from cueline.store import deliveries
from cueline.store.session import reading
from tests.deliveries.rows import House


@pytest.fixture
def house(engine: Engine) -> House:
    return House(engine, Settings())


def test_a_page_has_the_newest_first_and_goes_on_before_an_id(house: House) -> None:
    ids = [house.delivery() for _ in range(3)]
    with reading(house.engine) as connection:
        first = deliveries.page(connection, house.workspace_id, limit=2)
        rest = deliveries.page(connection, house.workspace_id, limit=2, before=first[-1].id)
    assert [row.id for row in first] == [ids[2], ids[1]]
    assert [row.id for row in rest] == [ids[0]]


def test_a_page_of_one_user_or_one_state(house: House) -> None:
    mine = house.delivery(ext_id="42")
    house.work()
    waiting = house.delivery()
    with reading(house.engine) as connection:
        of_user = deliveries.page(connection, house.workspace_id, user="42")
        pending = deliveries.page(connection, house.workspace_id, state="pending")
    assert [row.id for row in of_user] == [mine]
    assert [row.id for row in pending] == [waiting]
    assert (of_user[0].user_ext_id, of_user[0].campaign, of_user[0].template) == ("42", "welcome", "hello")
    assert (of_user[0].state, of_user[0].reason) == ("kept", "no_smtp")


def test_nobody_sees_another_workspaces_deliveries(house: House) -> None:
    delivery = house.delivery()
    with reading(house.engine) as connection:
        assert deliveries.page(connection, house.workspace_id + 1) == []
        assert deliveries.find(connection, house.workspace_id + 1, delivery) is None
        found = deliveries.find(connection, house.workspace_id, delivery)
    assert found is not None
    assert found.id == delivery


def test_a_closed_delivery_cannot_be_closed_again(house: House) -> None:
    delivery = house.delivery(state="sent", lease_token="t", closed_ms=1)
    with house.engine.begin() as connection:
        now = house.clock.now_ms()
        assert not deliveries.close(connection, delivery, token="t", now_ms=now, state="failed", reason=None)
        assert not deliveries.put_off(connection, delivery, token="t", due_ms=now, reason=None)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_finds_what_is_open_and_unreported_by_the_partial_indexes(house: House) -> None:
    seen: list[str] = []
    with reading(house.engine) as connection:
        execute = connection.connection.cursor().connection.set_trace_callback
        execute(seen.append)
        deliveries.claim(connection, token="t", now_ms=1, lease_until_ms=2, limit=1)
        deliveries.crashed(connection, now_ms=1, limit=1)
        deliveries.unreported(connection, closed_by_ms=1, limit=1)
        execute(None)
        plans = [str(connection.execute(text(f"EXPLAIN QUERY PLAN {s}")).all()) for s in seen if s.startswith("SELECT")]
    assert len(plans) == 3
    assert "ix_deliveries_open" in plans[0]
    assert "ix_deliveries_open" in plans[1]
    assert "ix_deliveries_unreported" in plans[2]
