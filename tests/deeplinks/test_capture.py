from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.deeplinks import Captured, capture
from tests.deeplinks.generator import addresses
from tests.deeplinks.vectors import cases, names

SHOP = "https://shop.example/"


@pytest.mark.parametrize("case", cases("urls"), ids=names("urls"))
def test_an_address_is_read_as_the_shared_cases_say(case: dict[str, object]) -> None:
    assert capture(str(case["href"])).as_dict() == case["expect"]


def _link(tail: str) -> str | None:
    return capture(SHOP + tail).link


def _url(tail: str) -> str:
    return capture(SHOP + tail).url.removeprefix(SHOP)


def test_a_raw_link_takes_only_names_that_its_verb_declares() -> None:
    assert capture(f"{SHOP}?_dp=dp:go&URL=/a&target=_blank&id=5").link == "dp:go&URL=/a&target=_blank"
    assert _url("?_dp=dp:go&URL=/a&target=_blank&id=5") == "?id=5"
    assert _link("?_dp=dp:gf_missions&id=5&url=/a") == "dp:gf_missions&id=5"


def test_a_raw_link_ends_at_an_empty_piece() -> None:
    assert capture(f"{SHOP}?_dp=dp:action&&action=A").link == "dp:action"
    assert _url("?_dp=dp:action&&action=A") == "?&action=A"


def test_a_raw_address_is_a_go() -> None:
    assert _link("?_dp=dp:/a&target=_blank&x=1") == "dp:/a&target=_blank"
    assert _link("?_dp=dp:https://shop.example/a&id=5") == "dp:https://shop.example/a"


def test_a_plus_in_a_raw_link_is_an_encoded_space() -> None:
    assert _link("?_dp=dp:action&action=Clicked+here") == "dp:action&action=Clicked%20here"


def test_what_a_raw_link_has_encoded_stays_so_for_the_link_itself() -> None:
    assert _link("?_dp=dp:action&action=a%26b") == "dp:action&action=a%26b"


def test_a_link_encoded_twice_is_decoded_twice_with_its_spaces() -> None:
    assert _link("?_dp=dp%253Aaction%2526action%253DJohn%2BDoe") == "dp:action&action=John Doe"
    assert _link("?_dp=dp%253Aaction%2526action%253D1%252B1") == "dp:action&action=1+1"


def test_a_value_that_cannot_be_decoded_stays_as_written_and_is_still_the_link() -> None:
    found = capture(f"{SHOP}?_dp=dp%3Ainbox%26x%3D100%&a=1")
    assert found.as_dict() == {
        "link": "dp%3Ainbox%26x%3D100%",
        "url": f"{SHOP}?a=1",
        "parsed": {"error": "not_a_deep_link"},
    }


@pytest.mark.parametrize(
    "value", ["", "inbox", "%20dp%3Ainbox", "+dp:inbox", "dp%25253Ainbox", "dp", "/deposit", "xdp:"]
)
def test_another_value_is_no_link_and_stays(value: str) -> None:
    assert capture(f"{SHOP}?_dp={value}#_dp={value}") == Captured(None, f"{SHOP}?_dp={value}#_dp={value}", None)


def test_parameter_names_are_case_sensitive_and_can_be_set() -> None:
    href = f"{SHOP}?_DP=dp:inbox&go.to=dp:inbox"
    assert capture(href).link is None
    assert capture(href, names=["go.to"]).url == f"{SHOP}?_DP=dp:inbox"
    assert capture(f"{SHOP}?goxto=dp:inbox", names=["go.to"]).link is None


def test_a_question_mark_opens_a_parameter_in_the_hash_alone() -> None:
    assert _link("?a=1?_dp=dp:inbox") is None
    assert _link("#a=1?_dp=dp:inbox") == "dp:inbox"


@pytest.mark.parametrize(
    ("tail", "left"),
    [
        ("#?_dp=dp:inbox&x=1", "#?x=1"),
        ("#?_dp=dp:inbox", ""),
        ("#?&_dp=dp:inbox&x=1", "#?&x=1"),
        ("#&_dp=dp:inbox&x=1", "#x=1"),
        ("?&&_dp=dp:inbox&x=1", "?&&x=1"),
        ("?&&_dp=dp:inbox", "?&"),
        ("?&_dp=dp:inbox", ""),
        ("?_dp=dp:inbox&&x=1", "?&x=1"),
        ("?_dp=dp:inbox&&_dp=dp:inbox&x=1", "?x=1"),
        ("?a=1&_dp=dp:inbox&&_dp=dp:inbox&x=1", "?a=1&&x=1"),
        ("?_dp=dp:inbox#", "#"),
        ("?#_dp=dp:inbox", "?"),
        ("?_dp=dp:inbox#top", "#top"),
        ("#/r?a=1?_dp=dp:inbox", "#/r?a=1"),
        ("?_dp=dp%3Ainbox&_dp=dp:inbox&id=5&_smartico_dp=dp%253Ainbox", ""),
    ],
)
def test_the_rest_stays_to_the_letter(tail: str, left: str) -> None:
    assert _url(tail) == left


def _one_removal(part: str, places: str) -> str | None:
    """The document's words for one encoded link, on a part without its mark."""
    match = re.search(rf"(^|[{places}])_dp=dp%3A[^&]*", part)
    if match is None:
        return None
    before, after = part[: match.end(1)], part[match.end() :].removeprefix("&")
    if not after:
        return before[:-1]
    return after if before == "&" else before + after


@given(st.lists(st.sampled_from(["&", "?", "_dp=dp%3Ainbox", "_dp=x", "a", "&_dp=dp%3Aa"]), max_size=14))
def test_links_leave_as_if_they_were_taken_out_one_by_one(fragments: list[str]) -> None:
    part = "".join(fragments)
    left, changed = part, False
    while (shorter := _one_removal(left, "?&")) is not None:
        left, changed = shorter, True
    mark = "" if changed and not left else "#"
    assert capture(SHOP + "#" + part).url == SHOP + mark + left


def test_an_address_without_links_holds_none_and_stays() -> None:
    hrefs = addresses(Random(5))
    for href in (next(hrefs) for _ in range(3000)):
        cleaned = capture(href).url
        assert capture(cleaned).link is None, href
        assert capture(cleaned).url == cleaned


PIECES = ["&_dp=dp:a", "?_dp=dp:a", "a&_dp=dp:action&action", "&_dp=dp%3Aa", "&&_dp=dp:a", "_dp=", "&", "?", "&_dp=x"]


@pytest.mark.timeout(30)  # quadratic, it would take minutes
@pytest.mark.parametrize("piece", PIECES)
def test_capturing_takes_time_in_proportion_to_the_length(piece: str) -> None:
    href = SHOP + "?" + piece * (65536 // len(piece)) + "#" + piece * (65536 // len(piece))
    capture(href)
