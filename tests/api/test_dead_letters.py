"""`/api/v1/dead-letters`: only one's own, with the scope for it, and each refusal with its code."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import insert

from cueline.events import MASK
from cueline.store import tables
from cueline.store.session import writing
from cueline.streams import keys
from cueline.streams.entry import StreamEntry, encode
from tests.api.house import House
from tests.api.rows import NOW_MS

PATH = "/api/v1/dead-letters"


def entry(workspace_id: int, payload: dict[str, Any], **more: Any) -> str:
    raw = msgspec.Raw(msgspec.json.encode({"client_action": "TEST", **payload}))
    found = StreamEntry(
        workspace_id, "s", "e1", "client_action", raw, "server", NOW_MS, NOW_MS, user_ext_id="42", **more
    )
    return encode(found).decode()


@pytest.fixture
def letter(house: House) -> int:
    return bury(house, entry(house.workspace_id, {"amount": "12", "link": "https://x.example/?t=SESAME"}))


def bury(house: House, text: str, *, workspace_id: int | None = None, **more: int) -> int:
    values = {
        "workspace_id": workspace_id or house.workspace_id,
        "partition": 1,
        "stream_id": f"{NOW_MS}-{len(text)}",
        "entry": text,
        "error": "ValueError: no",
        "at_ms": NOW_MS,
        **more,
    }
    with writing(house.engine) as connection:
        query = insert(tables.dead_letters).values(values).returning(tables.dead_letters.c.id)
        return int(connection.execute(query).scalar_one())


def test_a_letter_is_listed_without_its_payload_and_shown_with_secrets_masked(house: House, letter: int) -> None:
    house.rows.action("TEST", secret=["link"])
    (row,) = house.api.items(PATH)
    assert (row["id"], row["state"], row["action"], row["user_ext_id"]) == (str(letter), "open", "TEST", "42")
    assert "amount" not in str(row)
    shown = house.api.get(f"{PATH}/{letter}").get_json()
    assert shown["event"]["payload"] == {"client_action": "TEST", "amount": "12", "link": MASK}
    assert (shown["partition"], shown["edits"], shown["replayed_at"]) == (1, [], None)


def test_the_list_can_be_narrowed_to_a_state_and_walked(house: House) -> None:
    ids = [bury(house, entry(house.workspace_id, {"n": "x" * n})) for n in range(3)]
    house.api.post(f"{PATH}/{ids[0]}/discard")
    assert [row["id"] for row in house.api.items(f"{PATH}?state=open")] == [str(ids[2]), str(ids[1])]
    assert [row["id"] for row in house.api.items(f"{PATH}?state=discarded")] == [str(ids[0])]
    assert [[row["id"] for row in page] for page in house.api.walk(PATH, limit=2)] == [
        [str(ids[2]), str(ids[1])],
        [str(ids[0])],
    ]


def test_a_fix_and_a_replay_put_the_event_back_with_its_number(house: House, letter: int) -> None:
    fixed = house.api.send("PATCH", f"{PATH}/{letter}", json={"payload": {"amount": 12}, "user_ext_id": "43"})
    assert fixed.status_code == 200, fixed.text
    (edit,) = fixed.get_json()["edits"]
    assert edit["by"].startswith("key test sk_")
    assert {"field": "payload.amount", "was": "12", "is": 12} in edit["changes"]
    replayed = house.api.post(f"{PATH}/{letter}/replay")
    assert (replayed.status_code, replayed.get_json()["state"]) == (200, "replayed")
    assert replayed.get_json()["replayed_at"] is not None
    (waiting,) = [e for p in range(4) for e in house.redis.xrange(keys.stream(p))]
    found = msgspec.json.decode(waiting[1][b"e"], type=StreamEntry)
    assert (found.replay, found.eid, found.user_ext_id) == (letter, "e1", "43")


@pytest.mark.parametrize("first", ["replay", "discard"])
def test_what_is_done_with_is_409(house: House, letter: int, first: str) -> None:
    house.api.post(f"{PATH}/{letter}/{first}")
    answers = [house.api.post(f"{PATH}/{letter}/{again}") for again in ("replay", "discard")]
    answers.append(house.api.send("PATCH", f"{PATH}/{letter}", json={"user_ext_id": "43"}))
    found = [(answer.status_code, answer.get_json()["code"]) for answer in answers]
    assert found == [(409, f"already_{first}ed")] * 3


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"payload": {"client_action": ""}}, "bad_action"),
    ({"type": "email_sent"}, "reserved_type"),
    ({"event_date": "yesterday"}, "bad_time"),
    ({"event_date": True}, "bad_time"),
    ({"payload": []}, "invalid_request"),
    ({"user_ext_id": ""}, "invalid_request"),
    ({"eid": "other"}, "invalid_request"),
]


def test_a_fix_that_a_door_would_refuse_is_400(house: House, letter: int) -> None:
    for change, code in REFUSED:
        answer = house.api.send("PATCH", f"{PATH}/{letter}", json=change)
        assert (answer.status_code, answer.get_json()["code"]) == (400, code), change
    assert house.api.get(f"{PATH}/{letter}").get_json()["edits"] == []


def test_a_letter_that_is_no_event_can_only_be_discarded(house: House) -> None:
    letter = bury(house, "nonsense")
    shown = house.api.get(f"{PATH}/{letter}").get_json()
    assert (shown["event"], shown["eid"]) == (None, None)
    assert house.api.post(f"{PATH}/{letter}/replay").get_json()["code"] == "bad_entry"
    assert house.api.send("PATCH", f"{PATH}/{letter}", json={"type": "x"}).get_json()["code"] == "bad_entry"
    assert house.api.post(f"{PATH}/{letter}/discard").get_json()["state"] == "discarded"


def test_letters_of_another_workspace_do_not_exist(house: House) -> None:
    letter = bury(house, entry(house.other_id, {}), workspace_id=house.other_id)
    assert house.api.items(PATH) == []
    paths = [("GET", ""), ("PATCH", ""), ("POST", "/replay"), ("POST", "/discard")]
    for method, path in paths:
        more = {"json": {"user_ext_id": "43"}} if method == "PATCH" else {}
        assert house.api.send(method, f"{PATH}/{letter}{path}", **more).status_code == 404
    assert house.other.get(f"{PATH}/{letter}").get_json()["state"] == "open"
    assert house.api.get(f"{PATH}/{2**70}").status_code == 404
