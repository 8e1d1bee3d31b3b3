"""The load generator, a process of its own: `python -m bench.load PORT KEY REQUESTS BATCH CONNECTIONS`.

Each connection sends its next request when the last one was answered. Prints the events that were answered 202.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Final

_ACTIONS: Final = 20
_VISITORS: Final = 2_000


def envelope(key: str, number: int, *, batch: int) -> bytes:
    """A request as the snippet sends it: `batch` client actions of one visitor, who is logged in."""
    now_ms = time.time_ns() // 1_000_000
    visitor = number % _VISITORS
    return json.dumps(
        {
            "key": key,
            "visitor_id": f"visitor-{visitor}",
            "sent_at": now_ms,
            "user": {"id": f"user-{visitor}"},
            "context": {"url": "https://shop.example/cart", "language": "en", "sdk": "0.1.0"},
            "events": [_event(now_ms, number + i) for i in range(batch)],
        }
    ).encode()


def _event(now_ms: int, number: int) -> dict[str, object]:
    payload = {"client_action": f"action_{number % _ACTIONS}", "sku": f"sku-{number}", "amount": 12.5, "items": 3}
    return {"eid": uuid.uuid4().hex, "type": "client_action", "at": now_ms, "payload": payload}


def request(port: int, body: bytes) -> bytes:
    head = (
        f"POST /v1/collect HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Origin: https://shop.example\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def answer(connection: socket.socket) -> bytes:
    """The whole answer, head and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    while len(body) < length:
        body += _more(connection)
    return head + body


def _more(connection: socket.socket) -> bytes:
    some = connection.recv(65_536)
    if not some:
        raise ConnectionError("the server closed the connection")
    return some


def _send(port: int, requests: Iterator[bytes], taken: list[int], batch: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for one in requests:
            connection.sendall(one)
            if answer(connection).startswith(b"HTTP/1.1 202"):
                taken.append(batch)


def main() -> None:
    port, count, batch, connections = (int(sys.argv[i]) for i in (1, 3, 4, 5))
    bodies = [request(port, envelope(sys.argv[2], i, batch=batch)) for i in range(count)]
    taken: list[int] = []
    shares = [iter(bodies[i::connections]) for i in range(connections)]
    threads = [threading.Thread(target=_send, args=(port, share, taken, batch)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sum(taken))


if __name__ == "__main__":
    main()
