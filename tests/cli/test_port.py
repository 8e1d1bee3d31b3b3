import http.server
import socket
import threading
from collections.abc import Iterator

import pytest

from cueline.cli.port import address_of, answers, check_free, is_loopback
from cueline.errors import CuelineError


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_named_with_another_to_try(taken: int) -> None:
    with pytest.raises(CuelineError, match=f"Port {taken} on 127.0.0.1 is taken .*--port {taken + 1}"):
        check_free("127.0.0.1", taken)


def test_a_free_port_stays_free_after_the_check(taken: int) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        free = listener.getsockname()[1]
    check_free("127.0.0.1", free)
    check_free("127.0.0.1", free)


def test_a_host_that_is_not_ours_is_explained() -> None:
    with pytest.raises(CuelineError, match=r"Cannot listen on 192\.0\.2\.1, port 8000"):
        check_free("192.0.2.1", 8000)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("shop.example", "http://shop.example:8000"),
    ],
)
def test_the_address_is_one_that_this_machine_reaches(host: str, address: str) -> None:
    assert address_of(host, 8000) == address


def test_only_loopback_hosts_are_for_this_machine_alone() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "shop.example")] == [
        True,
        True,
        True,
        False,
        False,
    ]


class _Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_only_a_200_is_an_answer(taken: int) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert answers("127.0.0.1", server.server_port, path="/readyz")
        assert not answers("127.0.0.1", server.server_port, path="/other")
        server.shutdown()
    assert not answers("127.0.0.1", server.server_port, path="/readyz")
