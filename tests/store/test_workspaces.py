from sqlalchemy import Engine

from cueline.store import workspaces
from cueline.store.session import reading, writing


def test_a_new_workspace_has_secrets_of_its_own_and_holds_for_half_an_hour(engine: Engine) -> None:
    with writing(engine) as connection:
        one = workspaces.create(connection, name="one", now_ms=5, identity_mode="off", origins=["*"])
        two = workspaces.create(connection, name="two", now_ms=6, identity_mode="enforce", origins=[])
    assert one.hold_ms == 30 * 60 * 1000
    assert list(one.link_secrets) == ["1"]
    assert len({one.identity_secret, two.identity_secret, one.link_secrets["1"], two.link_secrets["1"]}) == 4
    assert min(len(one.identity_secret), len(one.link_secrets["1"])) >= 32


def test_what_was_created_is_read_back_whole(engine: Engine) -> None:
    with writing(engine) as connection:
        made = workspaces.create(
            connection, name="shop", now_ms=7, identity_mode="enforce", origins=["https://shop.example"]
        )
    with reading(engine) as connection:
        assert workspaces.by_id(connection, made.id) == made
    assert (made.name, made.created_ms, made.origins) == ("shop", 7, ["https://shop.example"])
    assert (made.revision, made.rates, made.timezone) == (1, None, "UTC")


def test_the_first_workspace_is_the_oldest(engine: Engine) -> None:
    with writing(engine) as connection:
        assert workspaces.first(connection) is None
        made = [
            workspaces.create(connection, name=name, now_ms=1, identity_mode="off", origins=["*"])
            for name in ("b", "a")
        ]
        assert workspaces.first(connection) == made[0]
        assert workspaces.all(connection) == made


def test_an_unknown_workspace_is_none(engine: Engine) -> None:
    with reading(engine) as connection:
        assert workspaces.by_id(connection, 99) is None
        assert workspaces.all(connection) == []
