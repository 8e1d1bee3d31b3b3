from pathlib import Path

import pytest
from sqlalchemy import Engine

from cueline.config import Settings
from cueline.scripts import core
from cueline.snippet import stub, stub_hash, tag
from cueline.store import keys
from cueline.store.session import writing
from cueline.store.workspaces import Workspace
from tests.cli.conftest import Run


@pytest.fixture
def write_key(sqlite: Engine, workspace: Workspace) -> str:
    with writing(sqlite) as connection:
        keys.create(connection, workspace.id, kind="secret", name="", now_ms=1)
        return keys.create(connection, workspace.id, kind="write", name="", now_ms=1)[1]


def test_the_tag_alone_is_on_stdout(run: Run, write_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELINE_PUBLIC_URL", "https://cueline.shop.example")
    result = run("snippet")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == tag("https://cueline.shop.example", write_key) + "\n"


def test_the_address_is_the_one_that_up_last_ran_on(run: Run, write_key: str, data: Path) -> None:
    (data / "public.url").write_text("http://127.0.0.1:8123\n")
    assert "http://127.0.0.1:8123/v1/cueline.js" in run("snippet").stdout


def test_a_revoked_write_key_is_passed_over(run: Run, write_key: str, sqlite: Engine, workspace: Workspace) -> None:
    with writing(sqlite) as connection:
        _, other = keys.create(connection, workspace.id, kind="write", name="", now_ms=1)
        keys.revoke(connection, 2, now_ms=2)
    output = run("snippet").stdout
    assert other in output and write_key not in output


def test_without_a_write_key_it_says_how_to_make_one(run: Run, workspace: Workspace) -> None:
    result = run("snippet")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "`cueline keys create write`" in result.stderr


def test_paths_of_ones_own_are_in_the_tag(run: Run, write_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELINE_SNIPPET_PATH", "/assets/shop.js")
    assert 'src="http://127.0.0.1:8000/assets/shop.js"' in run("snippet").stdout


def test_options_of_init_are_checked_and_put_into_the_tag(run: Run, write_key: str) -> None:
    output = run("snippet", "--option", "consent=pending", "--option", "goOrigins=https://a.example https://b.example")
    assert ' data-consent="pending" data-go-origins="https://a.example https://b.example"></script>' in output.stdout


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("concent=pending", "Did you mean consent?"),
        ("nothing=1", "There are: url, deepLinkParams"),
        ("consent=perhaps", "consent must be granted, pending or denied"),
        ("holdMinutes=long", "holdMinutes must be a number"),
        ("goOrigins=shop.example/path", "goOrigins must be origins"),
        ("consent", "consent must be granted, pending or denied"),
    ],
)
def test_an_option_that_means_nothing_is_refused_with_what_would(run: Run, pair: str, said: str) -> None:
    result = run("snippet", "--option", pair)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_the_pinned_tag_names_bytes_that_are_served(run: Run, write_key: str) -> None:
    script = core(Settings(), is_pinned=True)
    output = run("snippet", "--integrity").stdout
    assert f'{script.path}" integrity="{script.integrity}" crossorigin="anonymous"' in output


def test_the_policy_needs_no_database(run: Run) -> None:
    result = run("snippet", "--csp", "--option", "url=https://shop.example/in/")
    first, second = result.stdout.splitlines()
    assert first == f"script-src {stub_hash()} http://127.0.0.1:8000/v1/;"
    assert second == "connect-src https://shop.example/in/v1/collect"


def test_the_policy_with_a_nonce_or_pinned_needs_no_address_of_the_script(run: Run) -> None:
    assert run("snippet", "--csp", "--nonce", "r4nd").stdout.startswith("script-src 'nonce-r4nd';")
    pinned = run("snippet", "--csp", "--integrity").stdout
    assert pinned.startswith(f"script-src {stub_hash()} '{core(Settings()).integrity}';")


def test_the_tag_of_a_framed_page_names_its_hosts_and_no_key(run: Run) -> None:
    output = run("snippet", "--frame", "https://shop.example", "--frame", "native", "--nonce", "r4nd").stdout
    assert output.endswith(
        '<script nonce="r4nd" async src="http://127.0.0.1:8000/v1/frame.js" '
        'data-hosts="https://shop.example native"></script>\n'
    )
    assert "data-key" not in output


@pytest.mark.parametrize(("arguments", "said"), [(("shop.example",), "no origin"), (("native", "--integrity"), "pins")])
def test_a_framed_page_whose_host_is_no_origin_is_refused(run: Run, arguments: tuple[str, ...], said: str) -> None:
    result = run("snippet", "--frame", *arguments)
    assert result.exit_code == 2 and said in result.stderr


def test_the_tag_of_a_page_that_migrates_keeps_calls_to_both_names(run: Run, write_key: str) -> None:
    migrating = ("--option", "compat=_smartico")
    output = run("snippet", *migrating).stdout
    assert f"<script>{stub('_smartico')}</script>" in output and ' data-compat="_smartico"' in output
    assert stub("_smartico") != stub() and "_smartico" in stub("_smartico")
    assert stub_hash("_smartico") in run("snippet", *migrating, "--csp").stdout
