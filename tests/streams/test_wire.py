"""The raw connection of the hot door on a real Redis: used again, and closed after any doubt."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import pytest
from redis import Redis, exceptions

from cueline.streams.caller import wire_to
from cueline.streams.connect import connect, connect_for_web
from cueline.streams.fuse import REST_S
from cueline.streams.wire import Wire

ECHO = "return {tonumber(ARGV[1]), 7}"
NAME = "the-wire"
INCREASE = "return {redis.call('INCR', KEYS[1])}"


@pytest.fixture
def wire(redis_url: str) -> Iterator[Wire]:
    wire = Wire(connect(f"{redis_url}{'&' if '?' in redis_url else '?'}client_name={NAME}", timeout_s=10))
    yield wire
    wire.close()


def connections(redis: Redis) -> int:
    """Only the wire's: others come and go on the tests' common Redis."""
    return [client["name"] for client in redis.client_list()].count(NAME)


def kill_all_others(redis: Redis) -> None:
    redis.client_kill_filter(_type="normal", skipme=True)


def test_calls_one_after_the_other_share_a_connection(wire: Wire, redis: Redis) -> None:
    assert [wire.eval(ECHO, 0, b"%d" % i) for i in range(20)] == [(i, 7) for i in range(20)]
    assert connections(redis) == 1


def test_a_script_that_redis_does_not_know_is_said_and_the_connection_kept(wire: Wire, redis: Redis) -> None:
    with pytest.raises(exceptions.NoScriptError):
        wire.evalsha("0" * 40, 0)
    sha = redis.script_load(INCREASE)
    assert wire.evalsha(sha, 1, b"n") == (1,)
    assert connections(redis) == 1


def test_an_error_longer_than_a_read_is_read_to_its_end(wire: Wire) -> None:
    with pytest.raises(exceptions.ResponseError, match=r"ERR x{20000}$"):
        wire.eval("return redis.error_reply('ERR ' .. string.rep('x', 20000))", 0)
    assert wire.eval(ECHO, 0, b"1") == (1, 7)


def test_a_long_call_is_written_to_its_end(wire: Wire) -> None:
    assert wire.eval("return {string.len(ARGV[1])}", 0, bytes(5_000_000)) == (5_000_000,)


def test_what_is_no_list_is_an_error_and_not_read_by_the_next_call(wire: Wire) -> None:
    with pytest.raises(exceptions.ConnectionError):
        wire.eval("return 'a text'", 0)
    assert wire.eval(ECHO, 0, b"2") == (2, 7)


def test_an_answer_that_comes_too_late_is_no_answer_to_the_next_call(redis_url: str, redis: Redis) -> None:
    hasty = Wire(connect(redis_url, timeout_s=0.2))
    assert hasty.eval(ECHO, 0, b"1") == (1, 7)
    redis.client_pause(600, all=False)
    with pytest.raises(exceptions.TimeoutError):
        hasty.eval(ECHO, 0, b"2")
    redis.client_unpause()
    assert [hasty.eval(ECHO, 0, b"%d" % i) for i in (3, 4)] == [(3, 7), (4, 7)]
    hasty.close()


def test_a_call_is_never_sent_twice(wire: Wire, redis: Redis) -> None:
    """The sender repeats: only he knows whether that is wanted."""
    assert wire.eval(INCREASE, 1, b"n") == (1,)
    kill_all_others(redis)
    with pytest.raises(exceptions.ConnectionError):
        wire.eval(INCREASE, 1, b"n")
    assert wire.eval(INCREASE, 1, b"n") == (2,)


def test_a_connection_closed_while_it_rested_is_replaced_before_it_is_used(wire: Wire, redis: Redis) -> None:
    assert wire.eval(ECHO, 0, b"1") == (1, 7)
    kill_all_others(redis)
    time.sleep(0.6)
    assert wire.eval(ECHO, 0, b"2") == (2, 7)


def test_threads_get_their_own_answers(wire: Wire, redis: Redis) -> None:
    wrong: list[object] = []

    def ask(mine: int) -> None:
        for i in range(200):
            number = mine * 1_000 + i
            answer = wire.eval(ECHO, 0, b"%d" % number)
            if answer != (number, 7):
                wrong.append((number, answer))

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert 1 <= connections(redis) <= 8


def test_a_child_process_makes_connections_of_its_own(wire: Wire) -> None:
    assert wire.eval(ECHO, 0, b"1") == (1, 7)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if all(wire.eval(ECHO, 0, b"%d" % i) == (i, 7) for i in range(100)) else 2
        finally:
            os._exit(code)
    answers = [wire.eval(ECHO, 0, b"%d" % i) for i in range(100, 300)]
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert answers == [(i, 7) for i in range(100, 300)]


def test_a_redis_that_is_not_there_is_a_connection_error() -> None:
    with pytest.raises(exceptions.ConnectionError):
        Wire(connect("unix:///nowhere/redis.sock")).eval(ECHO, 0, b"1")


def test_redis_that_did_not_answer_is_left_alone_for_a_moment(redis_url: str, redis: Redis) -> None:
    """As the client that the wire was made from does it: or all threads would wait, one after the other."""
    wire = Wire(connect_for_web(redis_url, timeout_s=0.3))
    assert wire.eval(ECHO, 0, b"1") == (1, 7)
    redis.client_pause(30_000, all=False)
    with pytest.raises(exceptions.RedisError):
        wire.eval(ECHO, 0, b"2")
    redis.client_unpause()
    with pytest.raises(exceptions.RedisError, match="a moment ago"):
        wire.eval(ECHO, 0, b"3")
    time.sleep(REST_S + 0.1)
    assert wire.eval(ECHO, 0, b"4") == (4, 7)
    wire.close()


def test_a_client_that_finds_its_way_by_itself_is_left_alone(redis: Redis) -> None:
    class Guide(Redis):
        pass

    guide = Guide(connection_pool=redis.connection_pool)
    assert wire_to(guide) is guide
    assert isinstance(wire_to(redis), Wire)
