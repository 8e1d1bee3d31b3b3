import itertools
import socket
import threading

import pytest

from cueline.cli import web
from cueline.cli.web import _granian
from cueline.errors import CuelineError
from tests.cli.conftest import Run


def test_without_any_redis_it_does_not_even_start(run: Run) -> None:
    result = run("web")
    assert result.exit_code == 1
    assert "Set CUELINE_REDIS_URL=" in result.stderr


def test_granian_is_told_what_the_options_say() -> None:
    command = _granian(host="0.0.0.0", port=8123, workers=2, threads=3, level="warning")
    pairs = dict(itertools.pairwise(command))
    assert command[-1] == "cueline.wsgi:app"
    assert [pairs[f"--{name}"] for name in ("host", "port", "workers", "blocking-threads", "interface")] == [
        "0.0.0.0",
        "8123",
        "2",
        "3",
        "wsgi",
    ]


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_is_none_is_a_usage_error(run: Run, port: str) -> None:
    assert run("web", "--port", port).exit_code == 2


def test_a_port_that_another_server_holds_is_not_shared_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_TAKEOVER_S", 0)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as granian listens
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CuelineError, match=f"Port {port} on 127.0.0.1 is taken"):
            web._await_port("127.0.0.1", port)


def test_a_port_that_the_one_before_still_holds_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_TAKEOVER_S", 60)
    other = socket.create_server(("127.0.0.1", 0))
    threading.Timer(0.3, other.close).start()
    web._await_port("127.0.0.1", other.getsockname()[1])
