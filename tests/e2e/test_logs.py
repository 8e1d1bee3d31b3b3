"""What the processes of a running Cueline say: a line for each outcome, and nothing that is nobody's business."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from redis import Redis

from cueline.streams.entry import StreamEntry, encode
from cueline.streams.keys import stream
from tests.e2e.stack import Stack, action, eventually, profile

pytestmark = pytest.mark.redis

MAIL = "secret.person@shop.example"
SECRET = "SESAME-of-the-link"
# What a hand that writes into a stream can do, and no door: the engine chokes on it.
BROKEN = msgspec.Raw(json.dumps([MAIL, SECRET]).encode())


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An `up` that says all it can, as JSON."""
    extra = {"CUELINE_LOG_LEVEL": "debug", "CUELINE_LOG_FORMAT": "json", "CUELINE_SLICE_S": "2"}
    stack = Stack(tmp_path_factory.mktemp("talkative"), extra).start()
    yield stack
    stack.stop()


def said(stack: Stack) -> list[dict[str, Any]]:
    """The lines of the processes, without what `up` itself prints for the person in front of it."""
    texts = [line.partition("│ ")[2] for line in stack.lines if "│ " in line]
    return [json.loads(text) for text in texts if text.startswith("{")]


def whats(stack: Stack) -> set[str]:
    return {line["what"] for line in said(stack)}


def refuse(stack: Stack, path: str, body: bytes, **headers: str) -> None:
    request = urllib.request.Request(stack.url + path, body, headers, method="POST")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=60)


def test_the_whole_way_is_told_and_nothing_secret_in_any_line(talkative: Stack) -> None:
    stack = talkative
    reset = action("r1", "nina", "reset_password", link=f"https://shop.example/r?t={SECRET}")
    stack.post_events(profile("p1", "nina", email=MAIL, first_name="Secret"), reset)
    stack.wait_for_delivery("nina", "kept", seconds=60)
    redis = Redis.from_url((stack.data / "redis.url").read_text().strip())
    dead = StreamEntry(1, "s", "dead", "client_action", BROKEN, "server", 1, 1, user_ext_id=MAIL)
    redis.xadd(stream(0), {"e": encode(dead)})
    redis.close()
    refuse(stack, "/v1/collect", json.dumps({"key": stack.secret_key, "visitor_id": MAIL, "events": []}).encode())
    refuse(stack, "/api/v1/events", MAIL.encode(), Authorization=f"Bearer {stack.secret_key}x")
    refuse(stack, "/login", f"key={stack.secret_key}".encode())
    wanted = {"drained", "delivery kept", "dead letter", "request refused", "resident job began", "resident job ended"}
    eventually(lambda: wanted <= whats(stack), 60)
    lines = "\n".join(line for line in stack.lines if "│ " in line)
    hidden = (MAIL, "secret.person", SECRET, stack.secret_key, stack.secret_key[3:], "Secret")
    assert [word for word in hidden if word in lines] == []


def test_lines_have_the_ids_to_find_the_rest(talkative: Stack) -> None:
    lines = {line["what"]: line for line in said(talkative)}
    assert {"delivery", "workspace", "user", "campaign", "template", "reason"} <= lines["delivery kept"].keys()
    assert {"partition", "entry", "error"} <= lines["dead letter"].keys()
    assert {"events", "repeats", "runs", "deliveries", "batches", "partitions"} & lines["drained"].keys()
    assert {line["level"] for line in said(talkative)} <= {"debug", "info", "warning", "error"}


def test_a_replay_that_fails_again_is_open_again_and_no_word_of_its_payload_is_said(talkative: Stack) -> None:
    (letter,) = open_letters(talkative)
    ran = talkative.run("dead-letters", "replay", str(letter["id"]))
    assert ran.returncode == 0, ran.stderr
    eventually(lambda: any(again["at_ms"] > letter["at_ms"] for again in open_letters(talkative)), 60)
    (again,) = open_letters(talkative)
    assert again["id"] == letter["id"]
    assert SECRET not in ran.stdout + ran.stderr + talkative.printed


def open_letters(stack: Stack) -> list[dict[str, Any]]:
    listed = stack.run("dead-letters", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    return [json.loads(line) for line in listed.stdout.splitlines()]
