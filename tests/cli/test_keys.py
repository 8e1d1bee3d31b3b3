from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import Engine

from cueline.store import keys
from cueline.store.session import reading
from cueline.store.workspaces import Workspace
from cueline.streams import keys as redis_keys
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def streams(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELINE_REDIS_URL", redis_url)


@pytest.mark.parametrize("kind", ["write", "secret"])
def test_a_made_key_stands_alone_on_stdout_and_works_at_once(
    run: Run, workspace: Workspace, sqlite: Engine, redis: Redis, kind: str
) -> None:
    result = run("keys", "create", kind, "--name", "checkout")
    assert result.exit_code == 0
    key = result.stdout.strip()
    with reading(sqlite) as connection:
        assert keys.access(connection, keys.lookup_of(key)) is not None
    assert redis.hexists(redis_keys.ACCESS, keys.lookup_of(key))


def test_lists_show_a_secret_key_only_by_its_beginning(run: Run, workspace: Workspace) -> None:
    secret = run("keys", "create", "secret", "--name", "checkout").stdout.strip()
    write = run("keys", "create", "write").stdout.strip()
    listed = run("keys", "list").stdout
    assert listed == f"1\tsecret\t{secret[:7]}…\tactive\tcheckout\n2\twrite\t{write}\tactive\n"


def test_a_revoked_key_is_refused_at_once(run: Run, workspace: Workspace, redis: Redis) -> None:
    key = run("keys", "create", "write").stdout.strip()
    assert run("keys", "revoke", "1").stdout == f"Key 1 ({key}) is revoked.\n"
    assert not redis.hexists(redis_keys.ACCESS, key)
    assert "\trevoked 20" in run("keys", "list").stdout


def test_an_unknown_number_is_an_error(run: Run, workspace: Workspace) -> None:
    result = run("keys", "revoke", "77")
    assert result.exit_code == 1
    assert result.stderr == "Error: There is no key 77. `cueline keys list` shows those there are.\n"


def test_without_redis_the_key_is_made_all_the_same(
    run: Run, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CUELINE_REDIS_URL", f"unix://{tmp_path}/none.sock")
    result = run("keys", "create", "write")
    assert result.exit_code == 0
    assert result.stdout.startswith("wk_")
    assert "Redis does not answer" in result.stderr


def test_without_a_workspace_it_says_what_makes_one(run: Run, sqlite: Engine) -> None:
    result = run("keys", "create", "write")
    assert result.exit_code == 1
    assert "`cueline up` or `cueline db upgrade` makes the first one" in result.stderr


def test_an_unknown_kind_is_a_usage_error(run: Run, workspace: Workspace) -> None:
    assert run("keys", "create", "golden").exit_code == 2


def test_a_key_has_the_scopes_it_was_given_and_no_more(run: Run, workspace: Workspace, sqlite: Engine) -> None:
    key = run("keys", "create", "secret", "--scope", "events:write", "--scope", "read", "--scope", "read").stdout
    with reading(sqlite) as connection:
        found = keys.access(connection, keys.lookup_of(key.strip()))
    assert found is not None and found.scopes == ("events:write", "read")
    assert run("keys", "list").stdout.endswith("\tevents:write, read\n")


def test_a_key_without_scopes_may_do_everything(run: Run, workspace: Workspace, sqlite: Engine) -> None:
    key = run("keys", "create", "secret").stdout.strip()
    with reading(sqlite) as connection:
        found = keys.access(connection, keys.lookup_of(key))
    assert found is not None and found.scopes == ("*",)


def test_an_unknown_scope_is_refused_with_those_there_are(run: Run, workspace: Workspace) -> None:
    result = run("keys", "create", "secret", "--scope", "write")
    assert result.exit_code == 2
    for scope in ("'*'", "'events:write'", "'read'", "'campaigns:write'", "'actions:write'"):
        assert scope in result.stderr


def test_a_write_key_has_no_scopes(run: Run, workspace: Workspace) -> None:
    result = run("keys", "create", "write", "--scope", "read")
    assert result.exit_code == 2 and "for secret keys" in result.stderr
    assert run("keys", "list").stdout == ""
