"""The load generator, a process of its own.

`python -m cueline.benchmark.load PORT KEY BATCH CONNECTIONS COUNT SECONDS`

Each connection sends its next request when the last one was answered, until COUNT requests are sent or SECONDS are
over. Prints what came of it, as JSON (`Load`).
"""

from __future__ import annotations

import itertools
import socket
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from cueline.benchmark.traffic import VISITORS, payload_of
from cueline.benchmark.wire import answer, opened, request

# So many different requests, each sent again and again with eids of its own.
_PREPARED: Final = 1_000
_EID: Final = b"@" * 24


@dataclass(frozen=True, slots=True)
class Load:
    """Events that were answered 202, seconds from the first request to the last answer, other answers by status."""

    taken: int
    seconds: float
    others: dict[str, int]


def envelope(key: str, number: int, *, batch: int) -> bytes:
    """A request as the snippet sends it: `batch` client actions of one visitor, who is logged in."""
    now_ms = time.time_ns() // 1_000_000
    visitor = number % VISITORS
    return msgspec.json.encode(
        {
            "key": key,
            "visitor_id": f"visitor-{visitor}",
            "sent_at": now_ms,
            "user": {"id": f"user-{visitor}"},
            "context": {"url": "https://shop.example/cart", "language": "en", "sdk": "0.1.0"},
            "events": [_event(now_ms, number, i) for i in range(batch)],
        }
    )


def _event(now_ms: int, number: int, i: int) -> dict[str, Any]:
    payload = payload_of(number + i, fits=True)
    return {"eid": f"{_EID.decode()}-{i}", "type": "client_action", "at": now_ms, "payload": payload}


def _send(port: int, requests: Iterator[bytes], until_s: float, statuses: Counter[str]) -> None:
    with opened(port) as connection:
        for one in requests:
            if time.monotonic() > until_s:
                return
            connection.sendall(one)
            statuses[_status(connection)] += 1


def _status(connection: socket.socket) -> str:
    return answer(connection).split(b" ", 2)[1].decode()


def load(port: int, key: str, *, batch: int, connections: int, count: int, seconds: float) -> Load:
    # Not JSON within the measured time: the generator is not to be what is measured.
    prepared = [request(port, envelope(key, i, batch=batch)) for i in range(min(count, _PREPARED))]
    statuses: list[Counter[str]] = [Counter() for _ in range(connections)]
    began_s = time.monotonic()
    threads = [
        threading.Thread(target=_send, args=(port, _share(prepared, count, i, connections), began_s + seconds, own))
        for i, own in enumerate(statuses)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = sum(statuses, Counter[str]())
    took_s = time.monotonic() - began_s
    return Load(total.pop("202", 0) * batch, took_s, dict(total))


def _share(prepared: list[bytes], count: int, number: int, connections: int) -> Iterator[bytes]:
    run = uuid.uuid4().hex[:12]
    wires = itertools.islice(itertools.cycle(prepared), number, count, connections)
    return (wire.replace(_EID, f"{run}{i:012x}".encode()) for i, wire in enumerate(wires))


def main() -> None:
    port, batch, connections, count = (int(sys.argv[i]) for i in (1, 3, 4, 5))
    done = load(port, sys.argv[2], batch=batch, connections=connections, count=count, seconds=float(sys.argv[6]))
    sys.stdout.buffer.write(msgspec.json.encode(done))


if __name__ == "__main__":
    main()
