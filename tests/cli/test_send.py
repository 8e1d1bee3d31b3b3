import json

import pytest
from redis import Redis

from cueline.store.workspaces import Workspace
from cueline.streams import keys
from cueline.streams.entry import FIELD, StreamEntry, decode
from tests.cli.conftest import Run

PARTITIONS = 4


@pytest.fixture(autouse=True)
def streams(redis_url: str, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELINE_REDIS_URL", redis_url)


def sent(redis: Redis) -> list[StreamEntry]:
    found = [redis.xrange(keys.stream(partition)) for partition in range(PARTITIONS)]
    return [decode(fields[FIELD]) for entries in found for _, fields in entries]


def test_an_action_goes_into_the_stream_as_a_server_would_send_it(run: Run, redis: Redis) -> None:
    result = run("send", "CashierSubmitClicked", "--user", "42", "--payload", '{"amount": 12}', "--eid", "e1")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"eid": "e1", "accepted": 1, "duplicates": 0, "errors": {}}
    [entry] = sent(redis)
    assert (entry.sender, entry.eid, entry.source, entry.user_ext_id) == ("s", "e1", "server", "42")
    assert json.loads(bytes(entry.payload)) == {"client_action": "CashierSubmitClicked", "amount": 12}


def test_without_an_eid_each_call_is_another_event(run: Run, redis: Redis) -> None:
    eids = {json.loads(run("send", "Click", "--user", "42").stdout)["eid"] for _ in range(2)}
    assert {entry.eid for entry in sent(redis)} == eids
    assert len(eids) == 2


def test_the_argument_is_the_action_whatever_the_payload_says(run: Run, redis: Redis) -> None:
    run("send", "Click", "--user", "42", "--payload", '{"client_action": "Other"}')
    assert json.loads(bytes(sent(redis)[0].payload))["client_action"] == "Click"


def test_a_refused_event_shows_the_answer_and_fails(run: Run, redis: Redis) -> None:
    result = run("send", " padded ", "--user", "42", "--eid", "e1")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["errors"]["e1"]
    assert sent(redis) == []


@pytest.mark.parametrize("payload", ["{amount: 12}", "[1]", "12"])
def test_a_payload_that_is_no_object_is_quoted(run: Run, redis: Redis, payload: str) -> None:
    result = run("send", "Click", "--user", "42", "--payload", payload)
    assert result.exit_code == 1
    assert "--payload" in result.stderr and payload in result.stderr
    assert sent(redis) == []


def test_redis_away_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELINE_REDIS_URL", "redis://127.0.0.1:1/0")
    result = run("send", "Click", "--user", "42")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
