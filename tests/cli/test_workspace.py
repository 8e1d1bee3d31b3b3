"""`cueline workspace` on both databases: what it writes, and that doors and drains go by it at once."""

from __future__ import annotations

import json
import time

import pytest
from redis import Redis
from sqlalchemy import Engine

from cueline.deeplinks import Parsed, action_link, parse, sign, verify
from cueline.events import MASK
from cueline.intake import identity
from cueline.store import workspaces
from cueline.store.session import writing
from tests.cli.conftest import Run
from tests.cli.shop import Shop, open_shop

MINUTE_MS = 60_000


@pytest.fixture
def shop(
    data: object, engine: Engine, redis: Redis, redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Shop:
    monkeypatch.setenv("CUELINE_DATABASE_URL", database_url)
    monkeypatch.setenv("CUELINE_REDIS_URL", redis_url)
    return open_shop(engine, redis)


def set_(run: Run, *options: str) -> str:
    result = run("workspace", "set", *options)
    assert result.exit_code == 0, result.output
    return result.stdout


def a_hash(shop: Shop) -> str:
    return identity.make("42", shop.now().identity_secret, int(time.time()) + 60)


def test_origins_are_in_force_at_once_and_each_time_all_of_them(run: Run, shop: Shop) -> None:
    assert shop.report(origin="https://evil.example") == "ok"
    said = set_(run, "--origin", "https://shop.example", "--origin", "https://www.shop.example")
    assert said == "Origins: * → https://shop.example, https://www.shop.example\n"
    assert shop.report(origin="https://evil.example") == "origin_not_allowed"
    assert shop.report(origin="https://www.shop.example") == "ok"
    set_(run, "--origin", "https://shop.example")
    assert shop.report(origin="https://www.shop.example") == "origin_not_allowed"
    set_(run, "--any-origin")
    assert shop.report(origin="https://evil.example") == "ok"


def test_enforce_turns_a_login_without_a_hash_away(run: Run, shop: Shop) -> None:
    assert shop.log_in() == "ok"
    assert set_(run, "--identity", "enforce") == "Identity: off → enforce\n"
    assert shop.log_in() == "user_not_verified"
    assert shop.log_in(a_hash(shop)) == "ok"


def test_a_rate_of_the_workspaces_own_limits_its_visitors(run: Run, shop: Shop) -> None:
    assert "10" in set_(run, "--rate-visitor", "1")
    assert [shop.report() for _ in range(12)] == ["ok"] * 10 + ["rate_limited"] * 2
    assert shop.report(visitor="another") == "ok"


def test_a_rate_of_the_keys_own_limits_all_visitors(run: Run, shop: Shop) -> None:
    set_(run, "--rate-key", "1")
    assert [shop.report(visitor=f"v{i}") for i in range(11)] == ["ok"] * 10 + ["rate_limited"]


def test_rates_are_set_one_by_one_and_taken_back(run: Run, shop: Shop) -> None:
    set_(run, "--rate-key", "5")
    set_(run, "--rate-address", "7")
    assert shop.now().rates == {"key": 5, "address": 7}
    said = set_(run, "--rate-key", "default", "--rate-address", "default")
    assert "Rate, key: 5 per second → 20000 per second (CUELINE_RATE_KEY)" in said
    assert shop.now().rates is None


def test_a_running_drain_goes_by_the_new_hold_time(run: Run, shop: Shop) -> None:
    assert shop.live().hold_ms == 30 * MINUTE_MS
    assert set_(run, "--hold", "2h") == "Hold: 30m → 2h\n"
    assert shop.live().hold_ms == 120 * MINUTE_MS


def test_the_revision_grows_with_a_change_and_only_then(run: Run, shop: Shop) -> None:
    assert set_(run, "--timezone", "Europe/Rome") == "Time zone: UTC → Europe/Rome\n"
    assert (shop.now().timezone, shop.now().revision) == ("Europe/Rome", 2)
    assert set_(run, "--timezone", "Europe/Rome", "--identity", "off") == "Nothing to change: it is so already.\n"
    assert shop.now().revision == 2


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ((), "Nothing to set"),
        (("--origin", "https://shop.example/"), "Did you mean https://shop.example?"),
        (("--origin", "*"), "--any-origin"),
        (("--origin", "https://shop.example", "--any-origin"), "Either --origin or --any-origin"),
        (("--identity", "maybe"), "'enforce'"),
        (("--hold", "half an hour"), "A duration is a whole number and a unit"),
        (("--hold", "400d"), "at most 366d"),
        (("--timezone", "Europe/Roma"), 'Did you mean "Europe/Rome"?'),
        (("--rate-key", "0"), "'0' is no number from 1"),
        (("--rate-key", "9" * 30), "is no number from 1"),
    ],
)
def test_what_cannot_be_is_a_usage_error_that_changes_nothing(
    run: Run, shop: Shop, options: tuple[str, ...], complaint: str
) -> None:
    before = shop.now()
    result = run("workspace", "set", "--timezone", "Europe/Rome", *options) if options else run("workspace", "set")
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.split())
    assert shop.now() == before


def test_secrets_are_shown_only_when_asked_for(run: Run, shop: Shop) -> None:
    now = shop.now()
    hidden, shown = run("workspace", "show").stdout, run("workspace", "show", "--secrets").stdout
    for secret in (now.identity_secret, now.link_secrets["1"]):
        assert secret not in hidden and secret in shown
    assert f"Link secret 1    {MASK} (signs)" in hidden
    assert "Rate, visitor    100 per second (CUELINE_RATE_VISITOR)" in hidden


def test_programs_read_it_as_json(run: Run, shop: Shop) -> None:
    set_(run, "--rate-key", "5", "--origin", "https://shop.example")
    found = json.loads(run("workspace", "show", "--json").stdout)
    assert found == {
        "id": shop.now().id,
        "name": "default",
        "origins": ["https://shop.example"],
        "identity_mode": "off",
        "hold_ms": 30 * MINUTE_MS,
        "timezone": "UTC",
        "rates": {"key": 5, "address": None, "visitor": None},
        "identity_secret": MASK,
        "link_secrets": {"1": MASK},
        "signs_with": "1",
    }
    told = json.loads(run("workspace", "show", "--json", "--secrets").stdout)
    assert told["identity_secret"] == shop.now().identity_secret


def test_a_new_identity_secret_ends_the_old_hashes_at_once(run: Run, shop: Shop) -> None:
    set_(run, "--identity", "enforce")
    old = a_hash(shop)
    result = run("workspace", "rotate", "identity", "--yes")
    assert result.stdout == f"{shop.now().identity_secret}\n"
    assert "`cueline workspace set --identity warn` before" in result.stderr
    assert shop.log_in(old) == "user_not_verified"
    assert shop.log_in(a_hash(shop)) == "ok"


def test_without_a_yes_the_identity_secret_stays(run: Run, shop: Shop) -> None:
    before = shop.now()
    result = run("workspace", "rotate", "identity", input="n\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "bad at once" in result.stderr
    assert shop.now() == before


def verdict(shop: Shop, link: str) -> str:
    """Of a running drain."""
    parsed = parse(link)
    assert isinstance(parsed, Parsed)
    live = shop.live()
    found = verify(parsed, workspace_id=live.workspace_id, secrets=live.link_secrets, received_ms=0)
    return found.reason or found.state


def signed(shop: Shop, kid: str) -> str:
    return sign(
        action_link("A"), workspace_id=shop.now().id, secret=shop.now().link_secrets[kid], kid=kid, nonce="once"
    )


def test_links_of_the_secret_before_stay_good_and_those_of_an_older_one_do_not(run: Run, shop: Shop) -> None:
    first = signed(shop, "1")
    result = run("workspace", "rotate", "link")
    assert result.stdout == f"{shop.now().link_secrets['2']}\n"
    assert "Links of kid 1 stay good" in result.stderr
    assert (verdict(shop, first), verdict(shop, signed(shop, "2"))) == ("good", "good")

    assert run("workspace", "rotate", "link", input="n\n").exit_code == 1
    assert sorted(shop.now().link_secrets) == ["1", "2"]
    second = signed(shop, "2")
    assert run("workspace", "rotate", "link", "--yes").exit_code == 0
    assert (verdict(shop, first), verdict(shop, second)) == ("unknown_kid", "good")


def test_the_tenth_secret_is_newer_than_the_ninth(run: Run, shop: Shop) -> None:
    with writing(shop.engine) as connection:
        workspaces.change(connection, shop.now().id, link_secrets={"10": "ten", "9": "nine"})
    run("workspace", "rotate", "link", "--yes")
    assert sorted(shop.now().link_secrets) == ["10", "11"]
    assert shop.now().link_secrets["10"] == "ten"


def test_a_link_is_signed_with_the_newest_secret(run: Run, shop: Shop) -> None:
    run("workspace", "rotate", "link")
    page = "https://shop.example/bonus"
    address = run("link", "make", page, "BONUS", "--param", "amount=5", "--sign").stdout.strip()
    link = json.loads(run("link", "parse", address).stdout)["link"]
    assert verdict(shop, link) == "good"
    assert set(json.loads(run("link", "decode", link).stdout)["params"]) == {"action", "amount", "kid", "sig"}
    assert "&kid=2&" in link


def test_a_signed_link_may_expire_and_work_once(run: Run, shop: Shop) -> None:
    make = ("link", "make", "https://shop.example/bonus", "BONUS", "--sign", "--expires", "7d", "--once")
    links = [json.loads(run("link", "parse", run(*make).stdout.strip()).stdout)["link"] for _ in range(2)]
    found = [json.loads(run("link", "decode", link).stdout)["params"] for link in links]
    assert abs(int(found[0]["exp"]) - time.time() - 7 * 86_400) < 60
    assert len({params["nonce"] for params in found}) == 2
    assert [verdict(shop, link) for link in links] == ["good", "good"]


def test_only_a_signed_link_has_terms(run: Run, shop: Shop) -> None:
    for option in (("--once",), ("--expires", "7d")):
        result = run("link", "make", "https://shop.example/", "A", *option)
        assert result.exit_code == 2 and "add --sign" in result.stderr


def test_without_redis_it_is_written_and_said_who_tells_the_doors(
    run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUELINE_REDIS_URL", "redis://127.0.0.1:1/0")
    result = run("workspace", "set", "--identity", "warn")
    assert (result.exit_code, shop.now().identity_mode) == (0, "warn")
    assert "Redis does not answer" in result.stderr
