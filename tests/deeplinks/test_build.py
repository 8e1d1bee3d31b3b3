from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cueline.deeplinks import Parsed, action_link, build, capture, parse
from cueline.errors import CuelineError

SHOP = "https://shop.example/deposit.html"

_text = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30)
_keys = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,12}", fullmatch=True)
_words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30)
_params = st.dictionaries(_keys, _text, max_size=8)
_pages = st.builds(
    lambda page, query, fragment: page + query + fragment,
    st.sampled_from(["https://shop.example/", "/a", "", "https://é.example/x;y"]),
    st.sampled_from(["", "?", "?a=1", "?a=1&", "?&", "?_dp=hello", "?a=b?c"]),
    st.sampled_from(
        ["", "#", "#top", "#/cashier", "#/cashier?tab=2", "#/cashier?", "#!/c&a=1", "#&", "#?", "#a=1&_dp="]
    ),
)
_links = st.sampled_from(
    ["dp:inbox", "dp:action&action=A&note=a%26b", "DP:go&url=/a%3Fb", "dp:/a?b=c+d&e", "dp:x&e=é😀"]
)


@given(_words, _params)
def test_an_action_link_reads_back_as_what_it_was_made_of(action: str, params: dict[str, str]) -> None:
    assume(action == action.strip(" "))
    assume(not any(key.lower() in {"action", "sig", "exp", "nonce", "kid"} for key in params))
    assume(not {key.lower() for key in params} & {"__proto__", "prototype", "constructor"})
    assert parse(action_link(action, params)) == Parsed("action", {"action": action, **params})


def test_an_action_link_is_plain_to_read() -> None:
    assert action_link("DEPOSIT_OPENED", {"amount": "12"}) == "dp:action&action=DEPOSIT_OPENED&amount=12"
    assert (
        action_link("Clicked here", {"note": "a&b=50%+1"}) == "dp:action&action=Clicked%20here&note=a%26b%3D50%25%2B1"
    )


@pytest.mark.parametrize(
    ("action", "params", "code"),
    [
        ("", {}, "bad_action"),
        (" A", {}, "bad_action"),
        ("x" * 101, {}, "bad_action"),
        ("A\n", {}, "control_character"),
        ("A", {"a[b]": "1"}, "bad_key"),
        ("A", {"__proto__": "1"}, "bad_key"),
        ("A", {"": "1"}, "bad_key"),
        ("A", {"Action": "B"}, "bad_key"),
        ("A", {"nonce": "1"}, "bad_key"),
        ("A", {"x": "y" * 513}, "value_too_long"),
        ("A", {f"k{number}": "" for number in range(32)}, "too_many_parameters"),
        ("A", {f"k{number}": "y" * 500 for number in range(5)}, "too_long"),
        ("A", {"x": "\ud800"}, "bad_text"),
    ],
)
def test_an_action_link_that_could_not_be_read_is_not_made(action: str, params: dict[str, str], code: str) -> None:
    with pytest.raises(CuelineError) as caught:
        action_link(action, params)
    assert caught.value.code == code


def test_a_refusal_says_what_to_do() -> None:
    with pytest.raises(CuelineError, match="begins with a letter or _"):
        action_link("A", {"5x": "1"})


@given(_pages, _links, st.sampled_from(["query", "hash"]), st.sampled_from(["_dp", "_smartico_dp", "go.to"]))
def test_a_built_address_gives_back_the_page_and_the_link(
    page: str, link: str, where: Literal["query", "hash"], name: str
) -> None:
    found = capture(build(page, link, where=where, name=name), names=["_dp", "_smartico_dp", name])
    assert found.link == link
    assert found.url == _without_empty(page, where)


def _without_empty(page: str, where: str) -> str:
    """What cannot be known afterwards: that the query or hash was there, and empty."""
    before, mark, fragment = page.partition("#")
    if where == "query":
        return before.removesuffix("?") + mark + fragment
    return page if fragment else before


@pytest.mark.parametrize(
    ("page", "where", "address"),
    [
        (SHOP, "hash", f"{SHOP}#_dp=dp%3Ainbox"),
        (SHOP, "query", f"{SHOP}?_dp=dp%3Ainbox"),
        (f"{SHOP}?a=1#top", "query", f"{SHOP}?a=1&_dp=dp%3Ainbox#top"),
        (f"{SHOP}?a=1#top", "hash", f"{SHOP}?a=1#top&_dp=dp%3Ainbox"),
        (f"{SHOP}#", "hash", f"{SHOP}#_dp=dp%3Ainbox"),
        (f"{SHOP}?", "query", f"{SHOP}?_dp=dp%3Ainbox"),
        (f"{SHOP}#/cashier", "hash", f"{SHOP}#/cashier?_dp=dp%3Ainbox"),
        (f"{SHOP}#/cashier?tab=2", "hash", f"{SHOP}#/cashier?tab=2&_dp=dp%3Ainbox"),
        (f"{SHOP}#!/cashier", "hash", f"{SHOP}#!/cashier?_dp=dp%3Ainbox"),
    ],
)
def test_a_link_stands_where_the_page_can_bear_it(page: str, where: Literal["query", "hash"], address: str) -> None:
    assert build(page, "dp:inbox", where=where) == address


def test_a_link_in_an_address_has_its_ampersands_encoded() -> None:
    link = action_link("A", {"note": "this&that"})
    assert build(SHOP, link) == f"{SHOP}#_dp=dp%3Aaction%26action%3DA%26note%3Dthis%2526that"


@pytest.mark.parametrize(
    ("page", "link", "name", "code"),
    [
        (SHOP, "/deposit", "_dp", "not_a_deep_link"),
        (SHOP, " dp:inbox", "_dp", "not_a_deep_link"),
        (SHOP, "dp:5", "_dp", "bad_verb"),
        (SHOP, "dp:inbox&x=\ud800", "_dp", "bad_text"),
        (SHOP, "dp:inbox", "a&b", "bad_name"),
        (SHOP + "?_smartico_dp=dp:inbox", "dp:inbox", "_dp", "already_linked"),
        (SHOP + "#to=dp%3Ainbox", "dp:inbox", "to", "already_linked"),
    ],
)
def test_an_address_that_would_not_give_the_link_back_is_not_built(page: str, link: str, name: str, code: str) -> None:
    with pytest.raises(CuelineError) as caught:
        build(page, link, name=name)
    assert caught.value.code == code
