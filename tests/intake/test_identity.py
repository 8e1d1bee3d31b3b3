"""The user hash and what each mode makes of it."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from cueline.intake.identity import Identity, check, identify, make

SECRET = "sécret"
NOW = 1_763_890_000_000
LATER = NOW // 1000 + 3_600
GOOD = make("42", SECRET, LATER)


def test_the_hash_is_what_the_design_says() -> None:
    signature = hmac.new(SECRET.encode(), b"42\n%d" % LATER, hashlib.sha256).hexdigest()
    assert f"{LATER}.{signature}" == GOOD


def test_a_right_hash_is_good_until_it_expires() -> None:
    assert check("42", GOOD, secret=SECRET, now_ms=NOW) == "good"
    assert check("42", GOOD.upper(), secret=SECRET, now_ms=NOW) == "good"
    assert check("42", GOOD, secret=SECRET, now_ms=LATER * 1000) == "good"
    assert check("42", GOOD, secret=SECRET, now_ms=LATER * 1000 + 1) == "expired"


@pytest.mark.parametrize("missing", [None, ""])
def test_no_hash_is_missing(missing: str | None) -> None:
    assert check("42", missing, secret=SECRET, now_ms=NOW) == "missing"


@pytest.mark.parametrize(
    "bad",
    [
        "nonsense",
        GOOD[:-1],
        GOOD + "\n",
        " " + GOOD,
        GOOD.replace(str(LATER), str(LATER + 1)),
        GOOD.replace(str(LATER), "0" + str(LATER)),
        "." + GOOD.partition(".")[2],
        f"{LATER}." + "0" * 64,
        f"{LATER}." + "é" * 64,
        "9" * 5_000 + "." + "0" * 64,
    ],
)
def test_any_other_hash_is_bad(bad: str) -> None:
    assert check("42", bad, secret=SECRET, now_ms=NOW) == "bad"


def test_a_hash_is_for_one_user_and_one_secret() -> None:
    assert check("43", GOOD, secret=SECRET, now_ms=NOW) == "bad"
    assert check("42", GOOD, secret="other", now_ms=NOW) == "bad"
    assert check(f"42\n{LATER}", make("42", SECRET, LATER), secret=SECRET, now_ms=NOW) == "bad"


def identity(mode: str, user_id: str | None, hash: str | None) -> Identity:
    return identify(user_id, hash, mode=mode, secret=SECRET, now_ms=NOW)


@pytest.mark.parametrize("mode", ["off", "warn", "enforce"])
def test_a_good_hash_verifies_in_every_mode(mode: str) -> None:
    assert identity(mode, "42", GOOD) == Identity("42", True, "good", False)


@pytest.mark.parametrize("mode", ["off", "warn", "enforce"])
def test_without_a_user_there_is_nothing_to_verify(mode: str) -> None:
    assert identity(mode, None, GOOD) == Identity(None, False, None, False)


@pytest.mark.parametrize(("hash", "verdict"), [(None, "missing"), ("x", "bad"), (make("42", SECRET, 1), "expired")])
def test_without_a_good_hash_only_enforce_ignores_the_user(hash: str | None, verdict: str) -> None:
    for mode in ("off", "warn"):
        found = identity(mode, "42", hash)
        assert (found.user_ext_id, found.verified, found.verdict, found.is_ignored) == ("42", False, verdict, False)
    found = identity("enforce", "42", hash)
    assert (found.user_ext_id, found.verified, found.verdict, found.is_ignored) == (None, False, verdict, True)


def test_an_unknown_mode_is_as_strict_as_enforce() -> None:
    assert identity("nonsense", "42", None).user_ext_id is None
