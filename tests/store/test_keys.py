from collections.abc import Iterator

import msgspec
import pytest
from sqlalchemy import Connection, Engine, text

from cueline.errors import CuelineError, NotFound
from cueline.store import keys, workspaces
from cueline.store.session import writing


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with writing(engine) as connection:
        yield connection


@pytest.fixture
def workspace_id(connection: Connection) -> int:
    return workspaces.create(connection, name="w", now_ms=1, identity_mode="warn", origins=["https://a.example"]).id


def test_a_write_key_is_stored_as_it_is_and_shown_whole(connection: Connection, workspace_id: int) -> None:
    row, plain = keys.create(connection, workspace_id, kind="write", name="shop", now_ms=2)
    assert plain.startswith("wk_")
    assert (row.lookup, row.shown, row.name, row.created_ms, row.scopes) == (plain, plain, "shop", 2, ("*",))


def test_a_secret_key_is_nowhere_in_the_database(connection: Connection, workspace_id: int) -> None:
    row, plain = keys.create(connection, workspace_id, kind="secret", name="server", now_ms=2)
    stored = str(connection.execute(text("SELECT * FROM keys")).all())
    assert plain not in stored
    assert row.lookup == keys.lookup_of(plain)
    assert len(row.lookup) == 64
    assert row.shown == plain[:7] + "…"


def test_a_short_preset_secret_key_shows_only_its_prefix(connection: Connection, workspace_id: int) -> None:
    row, plain = keys.create(connection, workspace_id, kind="secret", name="", now_ms=2, key="sk_newcomer")
    assert (plain, row.shown) == ("sk_newcomer", "sk_…")


def test_random_keys_differ(connection: Connection, workspace_id: int) -> None:
    made = {keys.create(connection, workspace_id, kind="secret", name="", now_ms=2)[1] for _ in range(5)}
    assert len(made) == 5


@pytest.mark.parametrize("key", ["sk_x", "wk_", "wk_é", "x", ""])
def test_a_preset_write_key_of_another_shape_is_refused(connection: Connection, workspace_id: int, key: str) -> None:
    with pytest.raises(CuelineError, match="starts with wk_"):
        keys.create(connection, workspace_id, kind="write", name="", now_ms=2, key=key)


def test_a_key_is_taken_once(connection: Connection, workspace_id: int) -> None:
    keys.create(connection, workspace_id, kind="write", name="", now_ms=2, key="wk_one")
    with pytest.raises(CuelineError, match="already in use"):
        keys.create(connection, workspace_id, kind="write", name="", now_ms=2, key="wk_one")


def test_a_revoked_key_opens_nothing_and_never_comes_back(connection: Connection, workspace_id: int) -> None:
    row, plain = keys.create(connection, workspace_id, kind="write", name="", now_ms=2, key="wk_one")
    assert keys.revoke(connection, row.id, now_ms=9).revoked_ms == 9
    assert keys.access(connection, keys.lookup_of(plain)) is None
    assert keys.access_rows(connection) == []
    with pytest.raises(CuelineError, match="revoked"):
        keys.create(connection, workspace_id, kind="write", name="", now_ms=2, key="wk_one")


def test_a_second_revoke_keeps_the_time_of_the_first(connection: Connection, workspace_id: int) -> None:
    row, _ = keys.create(connection, workspace_id, kind="write", name="", now_ms=2)
    keys.revoke(connection, row.id, now_ms=9)
    assert keys.revoke(connection, row.id, now_ms=10).revoked_ms == 9
    assert keys.list_(connection, workspace_id)[0].revoked_ms == 9


def test_an_unknown_key_cannot_be_revoked(connection: Connection) -> None:
    with pytest.raises(NotFound, match="no key 77"):
        keys.revoke(connection, 77, now_ms=1)


def test_access_carries_what_a_door_must_know(connection: Connection, workspace_id: int) -> None:
    _, plain = keys.create(connection, workspace_id, kind="secret", name="", now_ms=2, scopes=("events:write",))
    found = keys.access(connection, keys.lookup_of(plain))
    workspace = workspaces.by_id(connection, workspace_id)
    assert workspace is not None
    assert found == keys.Access(
        lookup=keys.lookup_of(plain),
        kind="secret",
        workspace_id=workspace_id,
        scopes=("events:write",),
        origins=("https://a.example",),
        identity_mode="warn",
        identity_secret=workspace.identity_secret,
        rates=None,
        hold_ms=workspace.hold_ms,
    )
    assert msgspec.json.decode(msgspec.json.encode(found), type=keys.Access) == found


def test_lists_stay_within_the_workspace(connection: Connection, workspace_id: int) -> None:
    other = workspaces.create(connection, name="o", now_ms=1, identity_mode="off", origins=["*"])
    mine, plain = keys.create(connection, workspace_id, kind="write", name="", now_ms=2)
    keys.create(connection, other.id, kind="write", name="", now_ms=2)
    assert keys.list_(connection, workspace_id) == [mine]
    assert keys.by_plain(connection, plain) == mine
    assert keys.by_plain(connection, "wk_none") is None
    assert len(keys.access_rows(connection)) == 2
