"""Reports actions at a steady rate: `python -m cueline.benchmark.sender PORT KEY RATE COUNT`, a process of its own.

Late or not, an action is sent at its time or as soon after as can be. Prints for each eid when it was sent and when
it was answered, by the clock that all processes of a machine share.
"""

from __future__ import annotations

import math
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec

from cueline.benchmark.traffic import FEWEST, payload_of
from cueline.benchmark.wire import answer, opened, request

_START_S: Final = 0.3
_VISITORS: Final = 200
_PER_CONNECTION: Final = 200  # a second; each waits for its answer before it goes on
_MOST_CONNECTIONS: Final = 64

Sent = dict[str, tuple[float, float]]


def send(port: int, key: str, *, rate: float, count: int) -> Sent:
    """Over as many connections as the rate needs. Raises RuntimeError when an action is not taken."""
    connections = min(_MOST_CONNECTIONS, math.ceil(rate / _PER_CONNECTION))
    begin_s = time.monotonic() + _START_S
    times_s = [begin_s + number / rate for number in range(count)]
    with ThreadPoolExecutor(connections) as threads:
        shares = [range(first, count, connections) for first in range(connections)]
        sent = list(threads.map(lambda share: _send(port, key, times_s, share), shares))
    return {eid: at for one in sent for eid, at in one.items()}


def _send(port: int, key: str, times_s: list[float], share: range) -> Sent:
    sent: Sent = {}
    with opened(port) as connection:
        for number in share:
            eid = uuid.uuid4().hex
            wire = request(port, _envelope(key, number, eid))
            time.sleep(max(0.0, times_s[number] - time.monotonic()))
            sent_s = time.monotonic()
            connection.sendall(wire)
            answered = answer(connection)
            if not answered.startswith(b"HTTP/1.1 202"):
                raise RuntimeError(f"an action was not taken: {answered[:400].decode(errors='replace')}")
            sent[eid] = sent_s, time.monotonic()
    return sent


def _envelope(key: str, number: int, eid: str) -> bytes:
    visitor = number % _VISITORS
    event = {"eid": eid, "type": "client_action", "payload": payload_of(number % FEWEST, fits=True)}
    user = {"id": f"user-{visitor}"}
    return msgspec.json.encode({"key": key, "visitor_id": f"visitor-{visitor}", "user": user, "events": [event]})


def main() -> None:
    sent = send(int(sys.argv[1]), sys.argv[2], rate=float(sys.argv[3]), count=int(sys.argv[4]))
    sys.stdout.buffer.write(msgspec.json.encode(sent))


if __name__ == "__main__":
    main()
