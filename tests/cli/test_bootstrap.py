import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cueline.cli.bootstrap import Bootstrapped, ensure_workspace, keep_secret_key, kept_secret_key
from cueline.config import Settings
from cueline.errors import ConfigError
from cueline.store import keys, workspaces
from cueline.store.session import reading, writing


def ensure(engine: Engine, *, kept: str | None = None, **settings: str) -> Bootstrapped:
    with writing(engine) as connection:
        return ensure_workspace(connection, Settings(**settings), now_ms=1, kept=kept)  # type: ignore[arg-type]


def works(engine: Engine, key: str | None) -> bool:
    with reading(engine) as connection:
        return key is not None and keys.access(connection, keys.lookup_of(key)) is not None


def test_the_first_workspace_is_open_for_trying_out(engine: Engine) -> None:
    made = ensure(engine)
    assert made.is_first
    assert (made.workspace.name, made.workspace.identity_mode, made.workspace.origins) == ("default", "off", ["*"])
    assert works(engine, made.write_key) and works(engine, made.secret_key)


def test_preset_keys_are_taken(engine: Engine) -> None:
    made = ensure(engine, bootstrap_write_key="wk_mine", bootstrap_secret_key="sk_mine")
    assert (made.write_key, made.secret_key) == ("wk_mine", "sk_mine")
    assert works(engine, "wk_mine") and works(engine, "sk_mine")


def test_the_second_time_nothing_is_made(engine: Engine) -> None:
    first = ensure(engine)
    second = ensure(engine, kept=first.secret_key)
    assert not second.is_first
    assert (second.write_key, second.secret_key) == (first.write_key, first.secret_key)
    with reading(engine) as connection:
        assert len(keys.list_(connection, first.workspace.id)) == 2


def test_preset_keys_are_added_to_a_workspace_that_is_there(engine: Engine) -> None:
    first = ensure(engine)
    for _ in range(2):
        made = ensure(engine, bootstrap_write_key="wk_mine", bootstrap_secret_key="sk_mine", kept=first.secret_key)
        assert (made.write_key, made.secret_key) == ("wk_mine", "sk_mine")
    assert works(engine, "sk_mine") and works(engine, first.secret_key)


def test_a_secret_key_that_nobody_kept_is_not_known_again(engine: Engine) -> None:
    ensure(engine)
    assert ensure(engine).secret_key is None
    assert ensure(engine, kept="sk_of_another_database").secret_key is None


def test_a_kept_secret_key_serves_a_fresh_database_too(engine: Engine) -> None:
    assert ensure(engine, kept="sk_kept_from_before").secret_key == "sk_kept_from_before"


def test_revoked_keys_are_not_shown_and_cannot_be_preset(engine: Engine) -> None:
    first = ensure(engine, bootstrap_write_key="wk_mine")
    with writing(engine) as connection:
        for row in keys.list_(connection, first.workspace.id):
            keys.revoke(connection, row.id, now_ms=2)
    again = ensure(engine, kept=first.secret_key)
    assert (again.write_key, again.secret_key) == (None, None)
    with pytest.raises(ConfigError, match="CUELINE_BOOTSTRAP_WRITE_KEY is a key that was revoked"):
        ensure(engine, bootstrap_write_key="wk_mine")


def test_a_preset_key_of_the_wrong_shape_names_its_variable(engine: Engine) -> None:
    with pytest.raises(ConfigError, match="CUELINE_BOOTSTRAP_SECRET_KEY: A secret key starts with sk_"):
        ensure(engine, bootstrap_secret_key="wk_oops")


def test_two_at_once_make_one_workspace(engine: Engine) -> None:
    start = threading.Barrier(2)
    made: list[Bootstrapped] = []

    def run() -> None:
        start.wait()
        made.append(ensure(engine))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(m.is_first for m in made) == [False, True]
    with reading(engine) as connection:
        assert len(workspaces.all(connection)) == 1


def test_the_kept_secret_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    assert kept_secret_key(tmp_path) is None
    keep_secret_key(tmp_path, "sk_one_that_is_longer")
    keep_secret_key(tmp_path, "sk_two")
    assert kept_secret_key(tmp_path) == "sk_two"
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600
