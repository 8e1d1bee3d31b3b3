"""A running `cueline up`, as a person has it in a terminal, and what he asks it from others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.conftest import free_port
from tests.e2e.processes import Found, below

Item = dict[str, Any]
T = TypeVar("T")

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_START_S = 60.0


def eventually(look: Callable[[], T], seconds: float = 10) -> T:
    """What `look()` gives once it gives something true. Its last answer stands in the failure."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, f"not within {seconds} s; last seen: {found!r}"
        time.sleep(0.02)
    return found


def environment(data: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """Ours without any setting of Cueline's but those given."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("CUELINE_")}
    return {**bare, "CUELINE_DATA": str(data), **extra}


class Stack:
    """`home`: the working directory; the data directory is `cueline-data` in it, as it is by default."""

    def __init__(self, home: Path, extra: Mapping[str, str], *, port: int | None = None) -> None:
        self.home = home
        self.data = home / "cueline-data"
        self.extra = dict(extra)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.lines: list[str] = []

    def start(self) -> Stack:
        """Returns once `up` says that it runs."""
        command = [sys.executable, "-m", "cueline", "up", "--port", str(self.port), "--data", str(self.data)]
        self.popen = subprocess.Popen(
            command,
            cwd=self.home,
            env={**environment(self.data, self.extra), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            eventually(lambda: "Ctrl-C stops." in self.lines or self.popen.poll() is not None, _START_S)
            assert self.popen.poll() is None, self.printed
        except BaseException:
            self.popen.kill()
            raise
        return self

    def _read(self) -> None:
        assert self.popen.stdout is not None
        self.lines.extend(line.rstrip() for line in self.popen.stdout)

    @property
    def printed(self) -> str:
        return "\n".join(self.lines)

    @property
    def secret_key(self) -> str:
        return (self.data / "secret-key").read_text().strip()

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        self.popen.send_signal(signal.SIGINT)
        try:
            code = self.popen.wait(30)
        finally:
            self.popen.kill()
        self._reader.join(5)
        return code

    def processes(self) -> list[Found]:
        """Everything that this `up` has started, and what those have."""
        return below(self.popen.pid)

    def process(self, *words: str) -> Found:
        """The one whose command line ends with these words."""
        (found,) = [p for p in self.processes() if p.command[-len(words) :] == list(words)]
        return found

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of `cueline` from another terminal."""
        return subprocess.run(
            [sys.executable, "-m", "cueline", *arguments],
            cwd=self.home,
            env=environment(self.data, self.extra),
            capture_output=True,
            text=True,
            timeout=60,
        )

    def get(self, path: str, **query: str | int) -> Any:
        return self._ask("GET", f"{path}?{urlencode(query)}" if query else path, None)

    def items(self, path: str, **query: str | int) -> list[Item]:
        """All of a list's pages."""
        found: list[Item] = []
        while True:
            page = self.get(path, **query)
            found += page["items"]
            if page["next"] is None:
                return found
            query["cursor"] = page["next"]

    def post_events(self, *events: Item) -> Item:
        answer: Item = self._ask("POST", "/api/v1/events", list(events))
        assert answer["accepted"] == len(events), answer
        return answer

    def _ask(self, method: str, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.secret_key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with _OPENER.open(request, timeout=10) as answer:
            return json.load(answer)

    def events(self, **query: str | int) -> list[Item]:
        """Newest first, as everywhere."""
        return self.items("/api/v1/events", **query)

    def deliveries(self, user: str) -> list[Item]:
        return self.items("/api/v1/deliveries", user=user)

    def timeline(self, user: str, kind: str) -> list[Item]:
        return [item for item in self.items(f"/api/v1/users/{user}/timeline") if item["kind"] == kind]

    def wait_for_delivery(self, user: str, *states: str, seconds: float = 10) -> Item:
        """The user's only delivery, once it is in one of these states."""

        def look() -> list[Item]:
            return [one for one in self.deliveries(user) if one["state"] in states]

        (found,) = eventually(look, seconds)
        return found


def action(eid: str, user: str, name: str, **payload: Any) -> Item:
    """One client action, as a shop's server sends it."""
    return {
        "eid": eid,
        "user_ext_id": user,
        "event_type": "client_action",
        "payload": {"client_action": name, **payload},
    }


def profile(eid: str, user: str, **properties: Any) -> Item:
    return {"eid": eid, "user_ext_id": user, "event_type": "update_profile", "payload": properties}
