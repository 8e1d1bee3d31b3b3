"""Reports actions at a steady rate: `python -m bench.sender PORT KEY RATE COUNT`.

Late or not, an action is sent at its time or as soon after as can be. Prints when each eid was sent.
"""

from __future__ import annotations

import json
import socket
import sys
import time
import uuid
from typing import Final

from bench.latency import ACTION
from bench.load import answer, request

_START_S: Final = 0.3


def main() -> None:
    port, rate, count = int(sys.argv[1]), float(sys.argv[3]), int(sys.argv[4])
    sent: dict[str, float] = {}
    begin = time.monotonic() + _START_S
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(count):
            eid = uuid.uuid4().hex
            wire = request(port, _envelope(sys.argv[2], number, eid))
            time.sleep(max(0.0, begin + number / rate - time.monotonic()))
            sent[eid] = time.monotonic()
            connection.sendall(wire)
            if not answer(connection).startswith(b"HTTP/1.1 202"):
                raise RuntimeError("an action was not taken")
    print(json.dumps(sent))


def _envelope(key: str, number: int, eid: str) -> bytes:
    visitor = number % 200
    event = {"eid": eid, "type": "client_action", "payload": {"client_action": ACTION, "amount": 12.5}}
    user = {"id": f"user-{visitor}"}
    return json.dumps({"key": key, "visitor_id": f"visitor-{visitor}", "user": user, "events": [event]}).encode()


if __name__ == "__main__":
    main()
