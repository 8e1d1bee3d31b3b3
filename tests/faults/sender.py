"""A browser and a server of a shop: what they send, and what they were told."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
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


def post(url: str, path: str, body: Any) -> bool:
    """True when all of it was acknowledged; False when nobody knows, or it was put off."""
    headers = {"Authorization": "Bearer sk_faults", "Content-Type": "application/json"}
    request = urllib.request.Request(url + path, json.dumps(body).encode(), headers, method="POST")
    try:
        with _OPENER.open(request, timeout=10) as answer:
            said = json.load(answer)
            assert answer.status == 202
    except urllib.error.HTTPError as error:
        assert error.code in (429, 503), (error.code, error.read())
        return False
    except (OSError, http.client.HTTPException, json.JSONDecodeError):
        return False
    count = len(body["events"] if isinstance(body, dict) else body)
    assert said["accepted"] == count, said
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
