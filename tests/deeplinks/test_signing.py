from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.deeplinks import Parsed, Verdict, canonical, parse, sign, verify
from cueline.errors import CuelineError

LINK = "dp:action&action=BONUS&amount=12"
SECRETS = {"1": "first secret", "2": "second secret"}
NOW_MS = 1_763_890_000_000
NOW_S = NOW_MS // 1000


def _verify(link: str, *, workspace_id: int = 7, received_ms: int = NOW_MS) -> Verdict:
    parsed = parse(link)
    assert isinstance(parsed, Parsed), parsed
    return verify(parsed, workspace_id=workspace_id, secrets=SECRETS, received_ms=received_ms)


def _signed(link: str = LINK, *, secret: str = "first secret", **extras: str | int) -> str:
    return sign(link, workspace_id=7, secret=secret, **extras)  # type: ignore[arg-type]


def test_the_signed_bytes_are_those_of_the_document() -> None:
    parsed = parse("dp:action&x=a%20b%26%C3%BC~&action=A&sig=ab&nonce=n1&exp=5&Zed=")
    assert isinstance(parsed, Parsed)
    expected = "cueline-link-1\n7\naction\nZed=\naction=A\nexp=5\nnonce=n1\nx=a%20b%26%C3%BC~"
    assert canonical(7, parsed) == expected.encode()


def test_a_signature_is_the_hex_hmac_of_them() -> None:
    message = b"cueline-link-1\n7\naction\naction=BONUS\namount=12"
    expected = hmac.new(b"first secret", message, hashlib.sha256).hexdigest()
    assert _signed() == f"{LINK}&sig={expected}"
    assert _verify(_signed()) == Verdict("good", {"action": "BONUS", "amount": "12"}, signature=expected)


def test_a_good_link_gives_its_nonce_and_the_clean_payload() -> None:
    found = _verify(_signed(kid="1", exp_s=NOW_S + 60, nonce="n1"))
    assert (found.state, found.nonce, found.params) == ("good", "n1", {"action": "BONUS", "amount": "12"})


def test_a_link_without_a_signature_is_unsigned_and_loses_the_reserved_names() -> None:
    found = _verify(f"{LINK}&exp=1&nonce=n1&kid=9")
    assert found == Verdict("unsigned", {"action": "BONUS", "amount": "12"})


def test_other_verbs_reserve_nothing() -> None:
    assert _verify("dp:cashier&sig=ab&exp=1") == Verdict("unsigned", {"sig": "ab", "exp": "1"})


def test_a_refused_link_gives_its_reason_and_no_signature() -> None:
    clean = {"action": "BONUS", "amount": "12"}
    assert _verify(f"{LINK}&sig=00") == Verdict("refused", clean, "bad_signature")
    assert _verify(f"{LINK}&sig=") == Verdict("refused", clean, "bad_signature")
    assert _verify(f"{LINK}&sig") == Verdict("refused", clean, "bad_signature")
    assert _verify(f"{LINK}&sig=é\ud800") == Verdict("refused", clean, "bad_signature")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("amount=12", "amount=13"),
        ("action=BONUS", "action=Bonus"),
        ("nonce=n1", "nonce=n2"),
        ("nonce=n1&", ""),
        ("&exp=", "&x=1&exp="),
    ],
)
def test_a_changed_parameter_spoils_the_signature(before: str, after: str) -> None:
    link = _signed(exp_s=NOW_S + 60, nonce="n1")
    assert before in link
    assert _verify(link.replace(before, after)).reason == "bad_signature"


def test_another_workspace_does_not_accept_it() -> None:
    assert _verify(_signed(), workspace_id=8).reason == "bad_signature"


def test_a_link_is_refused_from_its_second_on() -> None:
    link = _signed(exp_s=NOW_S)
    assert _verify(link, received_ms=NOW_MS - 1).state == "good"
    assert _verify(link, received_ms=NOW_MS).reason == "link_expired"


@pytest.mark.parametrize("exp", ["", "soon", "1e12", "-1", "٣٣٣", "9" * 16, "1763890001.5"])
def test_a_time_that_cannot_be_read_is_past(exp: str) -> None:
    parsed = Parsed("action", {"action": "A", "exp": exp})
    sig = hmac.new(b"first secret", canonical(7, parsed), hashlib.sha256).hexdigest()
    signed = Parsed("action", {**parsed.params, "sig": sig})
    assert verify(signed, workspace_id=7, secrets=SECRETS, received_ms=NOW_MS).reason == "link_expired"


def test_an_expired_link_with_a_bad_signature_has_a_bad_signature() -> None:
    assert _verify(f"{LINK}&exp=1&sig=00").reason == "bad_signature"


def test_without_a_kid_either_secret_may_have_signed() -> None:
    assert _verify(_signed(secret="second secret")).state == "good"
    assert _verify(_signed(secret="third secret")).reason == "bad_signature"


def test_a_kid_names_the_one_secret_that_counts() -> None:
    assert _verify(_signed(kid="2", secret="second secret")).state == "good"
    assert _verify(_signed(kid="2", secret="first secret")).reason == "bad_signature"
    assert _verify(_signed(kid="3")).reason == "unknown_kid"


def test_a_workspace_without_secrets_accepts_no_signature() -> None:
    parsed = parse(_signed())
    assert isinstance(parsed, Parsed)
    assert verify(parsed, workspace_id=7, secrets={}, received_ms=NOW_MS).reason == "bad_signature"


def test_a_signature_in_capitals_is_the_same_signature() -> None:
    link, sig = _signed().rsplit("=", 1)
    assert _verify(f"{link}={sig.upper()}") == _verify(_signed())


def test_an_empty_nonce_is_none() -> None:
    assert _verify(_signed(nonce="")).nonce is None


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("dp:inbox", "not_an_action_link"),
        ("/deposit", "not_an_action_link"),
        ("dp:action", "missing_action"),
        (f"{LINK}&nonce=n1", "reserved_name"),
        (f"{LINK}&sig=00", "reserved_name"),
        (LINK + "".join(f"&k{number}=1" for number in range(30)), "too_many_parameters"),
    ],
)
def test_what_cannot_be_signed_is_refused_with_a_reason(link: str, code: str) -> None:
    with pytest.raises(CuelineError) as caught:
        _signed(link)
    assert caught.value.code == code


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{4,8}", fullmatch=True), st.text(st.characters(exclude_categories=["Cc", "Cs"]))
    )
)
def test_what_is_signed_is_good_and_keeps_its_payload(payload: dict[str, str]) -> None:
    payload = {key: value[:20] for key, value in payload.items() if key not in {"nonce", "action", "prototype"}}
    unsigned = Parsed("action", {"action": "A", **payload})
    sig = hmac.new(b"first secret", canonical(7, unsigned), hashlib.sha256).hexdigest()
    found = verify(Parsed("action", {**unsigned.params, "sig": sig}), workspace_id=7, secrets=SECRETS, received_ms=0)
    assert (found.state, found.params) == ("good", unsigned.params)
