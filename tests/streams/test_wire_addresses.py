"""Whatever a Redis address may say holds for the raw connection too: password, database, TLS."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis, RedisError, exceptions

from cueline.streams.connect import connect
from cueline.streams.wire import Wire
from tests.conftest import free_port

SET = "redis.call('SET', KEYS[1], ARGV[1]) return {1}"


@dataclass(frozen=True, slots=True)
class Server:
    """A Redis with a password, on a plain port and one with TLS."""

    port: int
    tls_port: int
    certificate: Path

    @property
    def tls_options(self) -> str:
        return f"ssl_ca_certs={self.certificate}"


@pytest.fixture(scope="module")
def server(redis_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("tls")
    server = Server(free_port(), free_port(), folder / "crt.pem")
    _make_certificate(folder)
    listens = ["--port", str(server.port), "--tls-port", str(server.tls_port), "--tls-auth-clients", "no"]
    proves = ["--tls-cert-file", str(folder / "crt.pem"), "--tls-key-file", str(folder / "key.pem")]
    options = ["--requirepass", "p@ss", "--save", "", "--dir", str(folder), "--bind", "127.0.0.1"]
    process = subprocess.Popen([redis_binary, *listens, *proves, *options], stdout=subprocess.DEVNULL)
    try:
        _wait(process, server)
        yield server
    finally:
        process.terminate()
        process.wait(10)


def _make_certificate(folder: Path) -> None:
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "crt.pem"]
    try:
        subprocess.run([*made, *names], check=True, capture_output=True, cwd=folder)
    except FileNotFoundError:
        pytest.skip("no openssl: apt-get install openssl")


def _wait(process: subprocess.Popen[bytes], server: Server) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if process.poll() is not None:
            pytest.skip("this Redis was built without TLS: `apt-get install redis-server`")
        try:
            Redis(host="127.0.0.1", port=server.port, password="p@ss").ping()
            return
        except RedisError:
            time.sleep(0.05)
    raise TimeoutError("Redis did not answer")


def test_password_and_database_of_the_address_hold(server: Server) -> None:
    wire = Wire(connect(f"redis://:p%40ss@127.0.0.1:{server.port}/3"))
    assert wire.eval(SET, 1, b"where", b"three") == (1,)
    assert Redis(host="127.0.0.1", port=server.port, password="p@ss", db=3).get("where") == b"three"
    wire.close()


def test_a_wrong_password_is_an_error(server: Server) -> None:
    with pytest.raises(exceptions.RedisError):
        Wire(connect(f"redis://:wrong@127.0.0.1:{server.port}/3")).eval(SET, 1, b"a", b"b")


def test_tls_with_a_certificate_that_is_checked(server: Server) -> None:
    wire = Wire(connect(f"rediss://:p%40ss@127.0.0.1:{server.tls_port}/4?{server.tls_options}"))
    assert [wire.eval(SET, 1, b"where", b"tls" * 50_000) for _ in range(3)] == [(1,)] * 3
    time.sleep(0.6)
    assert wire.eval(SET, 1, b"where", b"tls") == (1,)
    assert Redis(host="127.0.0.1", port=server.port, password="p@ss", db=4).get("where") == b"tls"
    wire.close()


def test_a_certificate_that_nobody_vouches_for_is_refused(server: Server) -> None:
    with pytest.raises(exceptions.ConnectionError):
        Wire(connect(f"rediss://:p%40ss@127.0.0.1:{server.tls_port}/4")).eval(SET, 1, b"a", b"b")


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_the_time_an_answer_may_take_is_kept_to(server: Server, scheme: str) -> None:
    port = server.port if scheme == "redis" else server.tls_port
    query = "" if scheme == "redis" else f"?{server.tls_options}"
    wire = Wire(connect(f"{scheme}://:p%40ss@127.0.0.1:{port}/0{query}", timeout_s=0.3))
    assert wire.eval(SET, 1, b"a", b"b") == (1,)
    other = Redis(host="127.0.0.1", port=server.port, password="p@ss")
    other.client_pause(30_000, all=False)  # of writes: all would be the unpause, too
    try:
        with pytest.raises(exceptions.TimeoutError):
            wire.eval(SET, 1, b"a", b"c")
    finally:
        other.client_unpause()
    assert wire.eval(SET, 1, b"a", b"d") == (1,)
    wire.close()
