"""`cueline dead-letters` as a person uses it: list, show, edit, replay, discard."""

from __future__ import annotations

import json

import pytest
from redis import Redis

from cueline.streams import keys
from tests.cli.conftest import Run
from tests.deadletters.hospital import Hospital
from tests.drain.pipe import make_pipe
from tests.drain.test_poison import letters


@pytest.fixture
def hospital(
    run: Run,
    redis: Redis,
    redis_url: str,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Hospital:
    monkeypatch.setenv("CUELINE_REDIS_URL", redis_url)
    monkeypatch.setenv("CUELINE_DATABASE_URL", database_url.replace("+psycopg", ""))
    monkeypatch.setenv("CUELINE_PARTITIONS", "2")
    monkeypatch.setenv("COLUMNS", "80")
    found = Hospital(make_pipe(redis, request.getfixturevalue("engine")))
    found.pipe.apply(actions=[{"name": "Poison", "secret": ["link"]}])
    found.die(link="https://shop.example/r?t=SESAME", amount="12")
    return found


def test_the_list_names_what_died_of_what_and_shows_no_payload(run: Run, hospital: Hospital) -> None:
    listed = run("dead-letters", "list").output
    assert "Poison" in listed and "user ada" in listed and "broken" in listed
    assert max(map(len, listed.splitlines())) <= 80
    assert "SESAME" not in listed
    (row,) = map(json.loads, run("dead-letters", "list", "--json").output.splitlines())
    assert (row["action"], row["state"], row["user_ext_id"]) == ("Poison", "open", "ada")


def test_show_masks_what_is_secret_and_says_what_can_be_done(run: Run, hospital: Hospital) -> None:
    shown = run("dead-letters", "show", "1").output
    assert '"link": "•••"' in shown and '"amount": "12"' in shown
    assert "cueline dead-letters replay" in shown
    assert "SESAME" not in shown
    assert json.loads(run("dead-letters", "show", "1", "--json").output)["event"]["payload"]["amount"] == "12"


def test_edit_fixes_one_and_says_what_was_changed(run: Run, hospital: Hospital) -> None:
    edited = run(
        "dead-letters", "edit", "1", "--payload", '{"amount": 12}', "--user", "bob", "--at", "2025-11-23T09:26:39Z"
    )
    assert edited.exit_code == 0, edited.output
    assert 'payload.amount: "12" → 12' in edited.output
    assert 'user_ext_id: "ada" → "bob"' in edited.output
    assert "by cli" in edited.output


REFUSED = [
    (["--payload", "{"], "no JSON"),
    (["--payload", "[1]"], "must be a JSON object"),
    (["--payload", '{"client_action": ""}'], "payload.client_action must name the action"),
    (["--at", "yesterday"], "epoch milliseconds or ISO 8601"),
    (["--type", "email_sent"], "one of our own outcomes"),
    ([], "Nothing to change"),
]


def test_an_edit_that_cannot_be_says_why(run: Run, hospital: Hospital) -> None:
    for arguments, said in REFUSED:
        refused = run("dead-letters", "edit", "1", *arguments)
        assert refused.exit_code in (1, 2) and said in refused.output, arguments
    assert letters(hospital.pipe)[0].edits == []


def test_all_that_are_open_are_replayed_and_what_is_done_with_leaves_the_list(run: Run, hospital: Hospital) -> None:
    hospital.pipe.action("Poison")
    hospital.pipe.drain()
    assert run("dead-letters", "discard", "1").output == "Dead letter 1 is discarded.\n"
    second = letters(hospital.pipe)[0].id
    hospital.mend()
    assert run("dead-letters", "replay", "--all").output == f"Dead letter {second} is back in its stream.\n"
    assert sum(hospital.pipe.redis.xlen(keys.stream(p)) for p in range(2)) == 1
    assert run("dead-letters", "list").output == "No dead letters.\n"
    assert [
        json.loads(line)["state"]
        for line in run("dead-letters", "list", "--state", "all", "--json").output.splitlines()
    ] == [
        "replayed",
        "discarded",
    ]
    again = run("dead-letters", "replay", str(second))
    assert again.exit_code == 1 and "was replayed already" in again.output


def test_replay_wants_ids_or_all_and_a_letter_that_exists(run: Run, hospital: Hospital) -> None:
    assert run("dead-letters", "replay").exit_code == 2
    assert run("dead-letters", "replay", "1", "--all").exit_code == 2
    assert "There is no dead letter 99" in run("dead-letters", "replay", "99").output
