"""More than a machine carries: connections that send as fast as they are answered, whatever the answer says."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

EVENTS = 100
_TIMEOUT_S = 30
_NUMBER = "@@@@@@@@"
_HEADERS = {"Content-Type": "text/plain"}


def _template(padding: int) -> str:
    payload = {"client_action": "Counted", "padding": "x" * padding}
    events = [{"eid": f"{_NUMBER}-{i}", "type": "client_action", "payload": payload} for i in range(EVENTS)]
    envelope = {"key": "wk_faults", "visitor_id": f"v{_NUMBER}", "user": {"id": f"u{_NUMBER}"}, "events": events}
    return json.dumps(envelope)


@dataclass
class Flood:
    """Each request is a browser of its own with 100 events. `answers` counts requests by code, or by what broke."""

    url: str
    connections: int = 8
    padding: int = 0  # characters more in each payload
    answers: Counter[str] = field(default_factory=Counter)
    batches: list[str] = field(default_factory=list, repr=False)
    slowest_s: float = 0
    faults: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _ended: threading.Event = field(default_factory=threading.Event, repr=False)

    def __enter__(self) -> Flood:
        self._body = _template(self.padding)
        self._threads = [threading.Thread(target=self._send_all, daemon=True) for _ in range(self.connections)]
        self._since_s = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.lasted_s = time.monotonic() - self._since_s
        for thread in self._threads:
            thread.join(_TIMEOUT_S + 5)

    @property
    def offered(self) -> int:
        return sum(self.answers.values()) * EVENTS

    def acknowledged(self) -> set[str]:
        return {f"{number}-{i}" for number in self.batches for i in range(EVENTS)}

    def _send_all(self) -> None:
        host = urlsplit(self.url).netloc
        connection = http.client.HTTPConnection(host, timeout=_TIMEOUT_S)
        while not self._ended.is_set():
            number = f"{next(self._numbers):08d}"
            try:
                self._send(connection, number)
            except (OSError, http.client.HTTPException) as error:
                # Nobody knows whether it arrived: it is not acknowledged.
                self._note(type(error).__name__, 0)
                connection.close()
        connection.close()

    def _send(self, connection: http.client.HTTPConnection, number: str) -> None:
        since_s = time.monotonic()
        connection.request("POST", "/v1/collect", self._body.replace(_NUMBER, number), _HEADERS)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status == 202:
            self._take(number, said)
        elif answer.status not in (429, 503) or not int(answer.headers.get("Retry-After", "0")) > 0:
            self.faults.append(f"{answer.status}: {said[:300]!r}")
        self._note(str(answer.status), time.monotonic() - since_s)

    def _take(self, number: str, said: bytes) -> None:
        if json.loads(said)["accepted"] != EVENTS:
            self.faults.append(f"not all were taken: {said[:300]!r}")
        self.batches.append(number)

    def _note(self, what: str, seconds: float) -> None:
        with self._lock:
            self.answers[what] += 1
            self.slowest_s = max(self.slowest_s, seconds)


@dataclass
class Gauge:
    """Figures looked at each quarter of a second, by name."""

    look: Callable[[], dict[str, int]]
    seen: dict[str, list[int]] = field(default_factory=dict)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Gauge:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._ended.wait(0.25):
            for name, value in self.look().items():
                self.seen.setdefault(name, []).append(value)

    def highest(self) -> dict[str, int]:
        return {name: max(values) for name, values in self.seen.items()}

    def growth(self) -> dict[str, int]:
        """What the last third saw at most, beyond what the second third did: the first one is for warming up."""
        thirds = {name: (len(values) // 3, values) for name, values in self.seen.items()}
        return {
            name: max(values[-third:]) - max(values[third : 2 * third])
            for name, (third, values) in thirds.items()
            if third
        }
