"""Browsers that number what they report: each sends its next events only when the last ones were acknowledged."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Engine, select

from cueline.store import tables
from cueline.store.session import reading
from tests.faults import sender

# Each event is a row of the ledger, and its number is the user's property `last`.
NUMBERED: Final = {
    "key": "numbered",
    "kind": "rule",
    "trigger": {"action": "Counted"},
    "entry": {"limit": 1_000_000},
    "do": [{"points": 1}, {"set": {"last": {"path": "event.number"}}}],
}


@dataclass
class Browsers:
    """`each`: events per browser. `seconds`: how long the sending takes at least. Tries one address after the other.

    The last round is sent only in `finish()`, so that nothing is killed in idleness.
    """

    urls: Sequence[str]
    count: int
    each: int
    batch: int
    seconds: float
    threads: int = 4
    deadline_s: float = 150
    acknowledged: int = 0
    put_off: int = 0
    unknown: int = 0  # events that may have been taken, though nobody said so
    failures: list[BaseException] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _may_finish: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        self._until_s = time.monotonic() + self.deadline_s
        self._pause_s = self.threads * self.seconds * self.batch / (self.count * self.each)
        self._workers = [
            threading.Thread(target=self._work, args=(range(number, self.count, self.threads),), daemon=True)
            for number in range(self.threads)
        ]
        for worker in self._workers:
            worker.start()

    @property
    def share_done(self) -> float:
        assert not self.failures, self.failures
        return self.acknowledged / (self.count * self.each)

    @property
    def free_share(self) -> float:
        """What is sent before `finish`."""
        return 1 - self.batch / self.each

    def finish(self) -> None:
        self._may_finish.set()
        for worker in self._workers:
            worker.join(self.deadline_s + 20)
        assert not self.failures, self.failures
        assert self.acknowledged == self.count * self.each

    def _work(self, mine: Iterable[int]) -> None:
        try:
            for start in range(0, self.each, self.batch):
                if start + self.batch >= self.each:
                    self._may_finish.wait(self.deadline_s)
                for browser in mine:
                    self._report(f"b{browser}", range(start, min(start + self.batch, self.each)))
                    time.sleep(self._pause_s)
        except BaseException as error:
            self.failures.append(error)

    def _report(self, browser: str, numbers: Sequence[int]) -> None:
        body = _envelope(browser, numbers)
        for url in itertools.cycle(self.urls):
            answer = sender.ask(url, "/v1/collect", body)
            if sender.is_acknowledged(answer, body):
                break
            assert time.monotonic() < self._until_s, f"{browser} was never acknowledged"
            self._note_put_off(answer, len(numbers))
            time.sleep(0.05)
        with self._lock:
            self.acknowledged += len(numbers)

    def _note_put_off(self, answer: sender.Answer, events: int) -> None:
        with self._lock:
            self.put_off += 1
            if answer.status == 0 and answer.text != ConnectionRefusedError.__name__:
                self.unknown += events


def _envelope(browser: str, numbers: Sequence[int]) -> dict[str, Any]:
    events = [
        {"eid": f"{browser}.{n}", "type": "client_action", "payload": {"client_action": "Counted", "number": n}}
        for n in numbers
    ]
    return {"key": "wk_faults", "visitor_id": browser, "user": {"id": f"u-{browser}"}, "events": events}


def disorder(eids: Iterable[str], *, each: int) -> dict[str, list[int]]:
    """The browsers whose numbers are not 0, 1, 2, … `each` - 1: what is lost, doubled or out of order shows here."""
    found: dict[str, list[int]] = {}
    for eid in eids:
        browser, _, number = eid.rpartition(".")
        found.setdefault(browser, []).append(int(number))
    return {browser: numbers for browser, numbers in found.items() if numbers != list(range(each))}


def written(engine: Engine) -> list[str]:
    """The eid of each row of the ledger that is a browser's, in the order in which a partition's batches wrote them.

    A partition's ids only grow, whoever owns it: the last one is kept in the row that each batch locks.
    """
    joined = tables.ledger.join(tables.runs, tables.ledger.c.run_id == tables.runs.c.id)
    joined = joined.join(tables.events, tables.runs.c.event_id == tables.events.c.id)
    with reading(engine) as connection:
        query = select(tables.events.c.eid).select_from(joined).where(tables.events.c.visitor_id.is_not(None))
        return list(connection.execute(query.order_by(tables.ledger.c.id)).scalars())


def last_numbers(engine: Engine) -> dict[str, Any]:
    """What the campaign wrote down last, by user."""
    with reading(engine) as connection:
        rows = connection.execute(select(tables.users.c.ext_id, tables.users.c.properties)).all()
    return {row.ext_id: row.properties.get("last") for row in rows}
