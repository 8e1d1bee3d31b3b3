"""An app around a webview, as docs/sdk.md asks for it: it takes messages, reports to the collector, and answers."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.sync_api import Page

from tests.sdk.receiver import KEY

# What the two systems put into a page; `toApp` is the wire to this side.
IOS: Final = "window.webkit = {messageHandlers: {cueline: {postMessage: (text) => window.toApp(text)}}}"
ANDROID: Final = "window.cuelineHost = {postMessage: (text) => window.toApp(text)}"


@dataclass
class NativeApp:
    """`is_up`: whether it answers at all."""

    collector: str
    visitor: str = "device-1"
    user: str | None = None
    is_up: bool = True
    told: list[dict[str, Any]] = field(default_factory=list)

    def surround(self, page: Page, bridge: str) -> None:
        """Before the page's own scripts run."""
        page.expose_function("toApp", lambda text: self.take(page, text))
        page.add_init_script(bridge)

    def take(self, page: Page, text: str) -> None:
        message = json.loads(text)
        self.told.append(message)
        if not self.is_up or "id" not in message:
            return
        answer: dict[str, Any] = {"id": message["id"]}
        if message["args"][0] != "init":
            answer |= self.run(message)
        # The app's thread is the one that runs the page here: it must not wait for it.
        page.evaluate(f"setTimeout(() => cueline.answer({json.dumps(answer)}))")

    def wait_for(self, page: Page, ready: Callable[[], object]) -> None:
        """The app runs only while the test waits for the page."""
        until = time.monotonic() + 20
        while not ready():
            assert time.monotonic() < until, self.told
            page.wait_for_timeout(50)

    def run(self, message: dict[str, Any]) -> dict[str, Any]:
        name, *given = message["args"]
        if name in ("online", "identify"):
            self.user = str(given[0])
            self.report(message, "login", {"properties": {}})
        elif name == "action":
            self.report(message, "client_action", {**(given[1] if len(given) > 1 else {}), "client_action": given[0]})
        elif name == "dp":
            self.report(message, "deep_link", {"link": given[0]})
            return {"result": True}
        else:
            return {"error": "not_allowed"}
        return {}

    def report(self, message: dict[str, Any], kind: str, payload: dict[str, Any]) -> None:
        """The eid comes from the message, so that a repeated one counts once."""
        event = {"eid": f"{message['id']}-{message['at']}", "type": kind, "at": message["at"], "payload": payload}
        user = {"user": {"id": self.user}} if self.user else {}
        envelope = {"key": KEY, "sent_at": message["at"], "visitor_id": self.visitor, **user, "events": [event]}
        request = urllib.request.Request(f"{self.collector}/v1/collect", json.dumps(envelope).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 202


def until(page: Page, ready: Callable[[], object], *, seconds: float = 20) -> None:
    """Waits without standing in the app's way: it is asked in the page's own turns."""
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "it did not come about"
        page.wait_for_timeout(20)
