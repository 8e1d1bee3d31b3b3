"""A browser and a server of a shop: what they send, and what they were told."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

Item = dict[str, Any]

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def browser_batch(visitor: str, user: str, eids: list[str]) -> tuple[str, Item]:
    events = [{"eid": eid, "type": "client_action", "payload": {"client_action": "Counted"}} for eid in eids]
    envelope = {"key": "wk_faults", "visitor_id": visitor, "user": {"id": user}, "events": events}
    return "/v1/collect", envelope


def server_batch(user: str, eids: list[str], action: str = "Counted") -> tuple[str, list[Item]]:
    payload = {"client_action": action}
    base = {"user_ext_id": user, "event_type": "client_action", "payload": payload}
    return "/api/v1/events", [{"eid": eid, **base} for eid in eids]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sender was told. `status` 0: nothing, and `text` says why; then nobody knows whether it arrived."""

    status: int
    text: str
    seconds: float
    retry_after: str | None = None

    @property
    def name(self) -> str:
        return str(self.status or self.text)


def ask(url: str, path: str, body: Any = None, *, method: str = "", timeout_s: float = 10) -> Answer:
    """A POST of the body, or a GET where there is none, unless `method` says otherwise."""
    headers = {"Authorization": "Bearer sk_faults", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, headers, method=method or ("GET" if body is None else "POST"))
    since_s = time.monotonic()
    try:
        with _OPENER.open(request, timeout=timeout_s) as answer:
            return Answer(answer.status, answer.read().decode(), time.monotonic() - since_s)
    except urllib.error.HTTPError as error:
        said = error.read().decode()
        return Answer(error.code, said, time.monotonic() - since_s, error.headers.get("Retry-After"))
    except (OSError, http.client.HTTPException) as error:
        cause = getattr(error, "reason", error)
        return Answer(0, type(cause).__name__, time.monotonic() - since_s)


def check(answer: Answer, *allowed: int) -> None:
    """Nothing but these, no trace of our code in it, and what is put off says for how long."""
    assert answer.status in (0, *allowed), answer
    assert "Traceback" not in answer.text, answer
    if answer.status in (429, 503):
        assert answer.retry_after and int(answer.retry_after) > 0, answer
        assert json.loads(answer.text)["message"], answer


def post(url: str, path: str, body: Any) -> bool:
    """True when all of it was acknowledged; False when nobody knows, or it was put off."""
    return is_acknowledged(ask(url, path, body), body)


def is_acknowledged(answer: Answer, body: Any) -> bool:
    check(answer, 202, 429, 503)
    if answer.status != 202:
        return False
    count = len(body["events"] if isinstance(body, dict) else body)
    assert json.loads(answer.text)["accepted"] == count, answer
    return True


def deliver(url: str, path: str, body: Any, *, seconds: float = 30) -> bool:
    """Repeats until it is acknowledged or time is up."""
    until = time.monotonic() + seconds
    while not post(url, path, body):
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def is_up(url: str) -> bool:
    try:
        with _OPENER.open(url + "/v1/cueline.js", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
