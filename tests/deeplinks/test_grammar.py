from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.deeplinks import Parsed, Refusal, parse
from tests.deeplinks.generator import links
from tests.deeplinks.vectors import cases, names


@pytest.mark.parametrize("case", cases("links"), ids=names("links"))
def test_a_link_reads_as_the_shared_cases_say(case: dict[str, object]) -> None:
    assert parse(str(case["link"])).as_dict() == case["expect"]


def _error(link: str) -> str:
    found = parse(link)
    assert isinstance(found, Refusal), found
    return found.error


def _params(link: str) -> dict[str, str]:
    found = parse(link)
    assert isinstance(found, Parsed), found
    return found.params


def test_only_ascii_white_space_is_trimmed() -> None:
    assert _params(" \t\n\v\f\rdp:inbox \t\n\v\f\r") == {}
    assert _error("\u00a0dp:inbox") == "not_a_deep_link"
    assert _error("\u0085") == "not_a_deep_link"


def test_the_length_counts_characters_after_trimming() -> None:
    address = "/" + "😀" * 2047
    assert _params(f"  {address}  ") == {"url": address}
    assert _error(address + "x") == "too_long"


def test_a_link_too_long_is_called_so_before_its_control_character() -> None:
    assert _error("dp:" + "\x00" * 2046) == "too_long"


def test_the_text_after_the_prefix_is_not_trimmed_before_it_is_taken_for_an_address() -> None:
    assert _error("dp: /deposit") == "bad_verb"


def test_white_space_around_the_verb_is_trimmed() -> None:
    assert _params("dp: action &action=A") == {"action": "A"}


def test_an_address_may_be_longer_than_a_value() -> None:
    assert _params("/" + "x" * 600)["url"] == "/" + "x" * 600


def test_any_case_means_ascii_letters() -> None:
    assert _error("dp:\u212aey") == "bad_verb"  # the Kelvin sign, whose lower case is k
    assert _error("http\u017f://x/") == "not_a_deep_link"  # a long s, whose upper case is S
    assert _error("dp:action&action=A&prototype\u017f=1") == "bad_key"


@pytest.mark.parametrize(
    "key", ["__proto__", "__PROTO__", "Prototype", "CONSTRUCTOR", "%5F_proto__", "5x", " x", "a+b"]
)
def test_a_key_that_could_do_harm_is_refused(key: str) -> None:
    assert _error(f"dp:inbox&{key}=1") == "bad_key"


@pytest.mark.parametrize("verb", ["constructor", "tostring", "prototype"])
def test_a_verb_named_like_something_built_in_is_a_verb_like_others(verb: str) -> None:
    assert parse(f"dp:{verb}&ID=5") == Parsed(verb, {"id": "5"})


def test_keys_and_verbs_end_at_64_characters() -> None:
    assert _params(f"dp:{'v' * 64}&{'k' * 64}=1") == {"k" * 64: "1"}
    assert _error(f"dp:{'v' * 65}") == "bad_verb"
    assert _error(f"dp:inbox&{'k' * 65}=1") == "bad_key"


def test_an_encoded_key_is_decoded_before_it_is_found_declared() -> None:
    assert _params("dp:action&%41CTION=A") == {"action": "A"}


def test_a_text_is_decoded_as_a_whole_or_not_at_all() -> None:
    assert _params("dp:inbox&a=%41%zz&b=%41%C3&c=%41é%42&d=%ED%A0%80&e=%C0%80") == {
        "a": "%41%zz",
        "b": "%41%C3",
        "c": "AéB",
        "d": "%ED%A0%80",
        "e": "%C0%80",
    }


def test_half_a_character_is_carried_along() -> None:
    assert _params("dp:inbox&a=\ud800%41") == {"a": "\ud800A"}


def test_two_halves_side_by_side_count_as_the_one_character_they_spell() -> None:
    assert _params("dp:inbox&a=" + "\ud83d\ude00" * 512) == {"a": "😀" * 512}
    assert _error("dp:inbox&a=" + "\ude00" * 513) == "value_too_long"


def test_errors_are_found_piece_by_piece() -> None:
    long = "y" * 513
    assert _error(f"dp:inbox&a={long}&5=x") == "value_too_long"
    assert _error(f"dp:inbox&5=x&a={long}") == "bad_key"
    assert _error("dp:inbox&a=%00&5=x") == "control_character"


def test_within_a_piece_the_key_goes_first_then_control_characters_then_the_length() -> None:
    long = "y" * 513
    assert _error("dp:inbox&5=%00") == "bad_key"
    assert _error(f"dp:inbox&a=%00{long}") == "control_character"


def test_the_33rd_pair_is_one_too_many_unless_it_is_wrong_itself() -> None:
    pairs = "".join(f"&k{number}=1" for number in range(32))
    assert len(_params("dp:inbox" + pairs)) == 32
    assert _error(f"dp:inbox{pairs}&k=1&5=x") == "too_many_parameters"
    assert _error(f"dp:inbox{pairs}&5=x") == "bad_key"


def test_pairs_are_counted_as_written_and_not_by_their_keys() -> None:
    assert _error("dp:inbox" + "&a=1" * 33) == "too_many_parameters"
    assert _params("dp:inbox" + "&a=1" * 32 + "&&=x" * 10) == {"a": "1"}


def test_an_error_in_a_later_piece_goes_before_a_missing_action() -> None:
    assert _error("dp:action&5=x") == "bad_key"


def test_a_flag_that_is_the_action_is_called_true() -> None:
    assert _params("dp:action&action") == {"action": "true"}


@given(st.text(st.characters()))
def test_every_text_gives_a_meaning_or_a_code(link: str) -> None:
    found = parse(link).as_dict()
    assert set(found) in ({"verb", "params"}, {"error"})


@given(st.text())
def test_a_link_reads_the_same_with_white_space_around_it(link: str) -> None:
    assert parse(f" \t{link}\n ") == parse(link)


def test_what_is_read_keeps_every_promise_of_the_grammar() -> None:
    read = links(Random(4))
    for found in (parse(next(read)) for _ in range(3000)):
        if isinstance(found, Parsed) and found.verb != "go":
            assert len(found.params) <= 32
            assert all(key.isascii() and len(key) <= 64 for key in found.params)
            assert all(len(value) <= 512 for value in found.params.values())


@pytest.mark.timeout(30)  # quadratic, it would take minutes
@pytest.mark.parametrize("piece", ["&", " ", "%", "&a=1", "&a=%41", "=", "é"])
def test_reading_takes_time_in_proportion_to_the_length(piece: str) -> None:
    link = "dp:inbox" + piece * (1_000_000 // len(piece)) + "x"
    parse(link)
