"""Senders at work at once, who repeat what was not acknowledged, and write down what was."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.faults import sender

USERS = 200
BATCH = 20

# Path and body, and the eids in it.
Batch = tuple[tuple[str, Any], list[str]]


@dataclass
class Shoppers:
    """Half of the events come from browsers, half from servers, in an order that the seed decides.

    `seconds`: how long the sending takes at least, so that there is time to kill. The last tenth is sent only after
    `let_finish()`: then nobody is killed in idleness, however slow the machine is.
    """

    url: str
    count: int
    seed: int
    seconds: float
    threads: int = 4
    deadline_s: float = 90
    acknowledged: set[str] = field(default_factory=set, repr=False)
    failures: list[BaseException] = field(default_factory=list)
    put_off: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _may_finish: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        self._batches = [self._batch(chance, number) for number in range(self.count // BATCH)]
        self._held_back = len(self._batches) // 10
        self._pause_s = self.threads * self.seconds / len(self._batches)
        self.sent = {eid for _, eids in self._batches for eid in eids}
        self._workers = [threading.Thread(target=self._work, daemon=True) for _ in range(self.threads)]

    def _batch(self, chance: random.Random, number: int) -> Batch:
        eids = [f"{self.seed}-{number}-{i}" for i in range(BATCH)]
        who = f"u{chance.randrange(USERS)}"
        body = sender.browser_batch(f"v-{who}", who, eids) if number % 2 else sender.server_batch(who, eids)
        return body, eids

    def start(self) -> None:
        self._until_s = time.monotonic() + self.deadline_s
        for worker in self._workers:
            worker.start()

    def let_finish(self) -> None:
        self._may_finish.set()

    @property
    def share_done(self) -> float:
        return len(self.acknowledged) / self.count

    @property
    def are_done(self) -> bool:
        return not any(worker.is_alive() for worker in self._workers)

    def finish(self) -> None:
        for worker in self._workers:
            worker.join(self.deadline_s + 20)
        assert self.are_done and not self.failures, self.failures

    def _work(self) -> None:
        try:
            while time.monotonic() < self._until_s and (batch := self._next()):
                (path, body), eids = batch
                self._send(path, body, eids)
                time.sleep(self._pause_s)
        except BaseException as error:
            self.failures.append(error)

    def _next(self) -> Batch | None:
        if len(self._batches) <= self._held_back:
            self._may_finish.wait(self.deadline_s)
        with self._lock:
            return self._batches.pop() if self._batches else None

    def _send(self, path: str, body: Any, eids: list[str]) -> None:
        while not self._is_taken(path, body):
            self.put_off += 1
            if time.monotonic() > self._until_s:
                return
            time.sleep(0.1)
        with self._lock:
            self.acknowledged.update(eids)

    def _is_taken(self, path: str, body: Any) -> bool:
        answer = sender.ask(self.url, path, body)
        with self._lock:
            self.answers[answer.name] += 1
            self.slowest_s = max(self.slowest_s, answer.seconds)
        return sender.is_acknowledged(answer, body)
