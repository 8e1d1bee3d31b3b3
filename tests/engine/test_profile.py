"""Who may write what on a user."""

import pytest

from cueline.engine import UserState, profile
from cueline.engine.profile import BROWSER, CAMPAIGN, SERVER, VERIFIED


def user() -> UserState:
    return UserState(1, 1, "ada")


@pytest.mark.parametrize("trusted", [SERVER, VERIFIED, CAMPAIGN])
def test_an_unverified_browser_changes_nothing_that_a_trusted_one_wrote(trusted: str) -> None:
    ada = user()
    profile.set_properties(ada, {"email": "a@shop.example"}, writer=trusted)
    for value in ("thief@evil.example", None):
        assert profile.set_properties(ada, {"email": value}, writer=BROWSER) == "protected:email"
    assert ada.properties == {"email": "a@shop.example"}


def test_a_browser_changes_what_a_browser_wrote_until_a_server_confirms_it() -> None:
    ada = user()
    profile.set_properties(ada, {"nick": "a"}, writer=BROWSER)
    assert profile.set_properties(ada, {"nick": "b"}, writer=BROWSER) is None
    profile.set_properties(ada, {"nick": "b"}, writer=SERVER)
    assert profile.set_properties(ada, {"nick": "c"}, writer=BROWSER) == "protected:nick"


def test_what_a_server_took_away_a_browser_does_not_bring_back() -> None:
    ada = user()
    profile.set_properties(ada, {"email": "a@b"}, writer=SERVER)
    profile.set_properties(ada, {"email": None}, writer=SERVER)
    assert profile.set_properties(ada, {"email": "x@y"}, writer=BROWSER) == "protected:email"
    profile.remove_tags(ada, ["vip"], writer=SERVER)
    assert profile.add_tags(ada, ["vip"], writer=BROWSER) == "protected:vip"
    assert (ada.properties, ada.tags) == ({}, [])


def test_a_browser_cannot_remove_a_tag_of_a_campaign() -> None:
    ada = user()
    profile.add_tags(ada, ["seen"], writer=CAMPAIGN)
    assert profile.remove_tags(ada, ["seen"], writer=BROWSER) == "protected:seen"
    assert ada.tags == ["seen"]


def test_true_and_1_are_different_values() -> None:
    ada = user()
    profile.set_properties(ada, {"x": 1}, writer=BROWSER)
    profile.set_properties(ada, {"x": True}, writer=BROWSER)
    assert ada.properties["x"] is True


def test_a_profile_has_bounds() -> None:
    ada = user()
    many = {f"p{n}": n for n in range(profile.MAX_PROPERTIES + 1)}
    assert profile.set_properties(ada, many, writer=SERVER) == "too_many_properties"
    assert profile.add_tags(ada, [f"t{n}" for n in range(profile.MAX_TAGS + 1)], writer=SERVER) == "too_many_tags"
    assert (len(ada.properties), len(ada.tags)) == (profile.MAX_PROPERTIES, profile.MAX_TAGS)


def test_the_scope_follows_changes() -> None:
    ada = user()
    assert ada.scope() == {"id": "ada", "tags": [], "points": {}}
    profile.add_tags(ada, ["vip"], writer=SERVER)
    profile.set_properties(ada, {"id": "other", "city": "Rome"}, writer=SERVER)
    assert ada.scope() == {"id": "ada", "tags": ["vip"], "points": {}, "city": "Rome"}


def test_a_browser_that_sets_and_drops_leaves_nothing_behind() -> None:
    ada = user()
    for n in range(5):
        profile.set_properties(ada, {f"p{n}": 1}, writer=BROWSER)
        profile.set_properties(ada, {f"p{n}": None}, writer=BROWSER)
        profile.add_tags(ada, [f"t{n}"], writer=BROWSER)
        profile.remove_tags(ada, [f"t{n}"], writer=BROWSER)
    assert (ada.properties, ada.tags, ada.writers) == ({}, [], {})
