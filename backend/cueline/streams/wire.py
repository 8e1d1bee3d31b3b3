"""Raw connections to one Redis for the one call that a busy site makes millions of times.

redis-py connects (address, TLS, password, database of the URL), and then leaves us the socket: packing a script's call
and reading its two numbers takes it 70 µs, and us 5.
"""

from __future__ import annotations

import os
import select
import socket
import ssl
import struct
import time
import weakref
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

from redis import Redis, exceptions
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from cueline.streams.fuse import Fuse

# Used again within this time, a connection is taken as it is; later we look whether Redis has closed it meanwhile.
_FRESH_S: Final = 0.5
# What lies between may have forgotten a connection that rested so long, without a word to us.
_FORGOTTEN_S: Final = 60.0
_ANSWER_BYTES: Final = 256
_COMMON: Final = b"*2\r\n:0\r\n:0\r\n"
_COMMON_NUMBERS: Final = (0, 0)
_ERRORS: Final = {"NOSCRIPT": exceptions.NoScriptError, "READONLY": exceptions.ReadOnlyError}


class Wire:
    """Script calls on one Redis, as redis-py's `evalsha` and `eval`, for scripts that answer a list of numbers.

    A call is sent once and never again: after an error nobody knows what became of it, so the connection is closed and
    RedisError raised. Threads and greenlets may share a wire; each call has a connection of its own. A child process
    makes new ones.
    """

    def __init__(self, redis: Redis) -> None:
        pool = redis.connection_pool
        self._kind = pool.connection_class
        self._once = _once(pool.connection_kwargs.get("retry"))
        self._options = _plain(pool.connection_kwargs) | {"retry": self._once}
        self._ask = self._once.once if isinstance(self._once, Fuse) else _straight
        self._idle: list[_Line] = []
        # To compare process ids instead would be a system call for each call: a fifth of what the door takes.
        leave = weakref.WeakMethod(self.close)
        os.register_at_fork(after_in_child=lambda: (close := leave()) and close())

    def evalsha(self, sha: str, count: int, *rest: bytes) -> Sequence[int]:
        """`rest`: `count` names of keys, then the arguments. Raises NoScriptError before anything was run."""
        return self._call(_packed(_head(b"EVALSHA", sha, count, len(rest)), rest))

    def eval(self, script: str, count: int, *rest: bytes) -> Sequence[int]:
        return self._call(_packed(_head(b"EVAL", script, count, len(rest)), rest))

    def close(self) -> None:
        """The connections that nobody uses just now."""
        while self._idle:
            self._idle.pop().close()

    def _call(self, call: bytes) -> Sequence[int]:
        line = self._take()
        try:
            answer = self._ask(line.ask, call)
        except exceptions.ReadOnlyError:
            line.close()  # the address may lead to another server by now
            raise
        except exceptions.ResponseError:
            self._idle.append(line)
            raise
        except BaseException:
            line.close()
            raise
        self._idle.append(line)
        return answer

    def _take(self) -> _Line:
        fresh_from = time.monotonic() - _FRESH_S
        while True:
            try:
                line = self._idle.pop()
            except IndexError:
                return _Line(self._kind(**self._options))
            if line.used_at > fresh_from or line.is_open():
                return line
            line.close()


class _Line:
    """One connection, with nothing left unread on it."""

    __slots__ = ("_connection", "_socket", "used_at")

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        connection.connect()
        self._socket: socket.socket = connection._sock
        self.used_at = time.monotonic()
        _let_the_kernel_time(self._socket)

    def is_open(self) -> bool:
        return time.monotonic() - self.used_at < _FORGOTTEN_S and not _has_input(self._socket)

    def ask(self, call: bytes) -> Sequence[int]:
        try:
            self._socket.sendall(call)
            answer = self._socket.recv(_ANSWER_BYTES)
            if answer == _COMMON:
                self.used_at = time.monotonic()
                return _COMMON_NUMBERS
            while (numbers := _numbers(answer)) is None:
                more = self._socket.recv(_ANSWER_BYTES)
                if not more:
                    raise exceptions.ConnectionError("Redis closed the connection")
                answer += more
        except (BlockingIOError, TimeoutError) as error:
            raise exceptions.TimeoutError("Redis did not answer in time") from error
        except OSError as error:
            raise exceptions.ConnectionError(f"The connection to Redis broke: {error}") from error
        self.used_at = time.monotonic()
        return numbers

    def close(self) -> None:
        # In a child process redis-py closes its copy and leaves the parent's connection alone.
        self._connection.disconnect()


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    """A connection's options without what may push messages in between (RESP 3)."""
    kept = {name: value for name, value in options.items() if "maint_" not in name and not name.startswith("orig_")}
    kept["maint_notifications_config"] = MaintNotificationsConfig(enabled=False)
    return kept | {"protocol": 2, "health_check_interval": 0}


def _once(retry: Retry | None) -> Retry:
    """A client's own way not to repeat a call, which may know that Redis hangs; never one that repeats."""
    return retry if retry is not None and retry.get_retries() == 0 else Retry(NoBackoff(), 0)


def _straight(ask: Callable[[bytes], Sequence[int]], call: bytes) -> Sequence[int]:
    return ask(call)


def _let_the_kernel_time(connected: socket.socket) -> None:
    """Time-outs without a `poll` before each read and write, which would hand the interpreter's lock over twice more.

    Not for TLS, which reads on after such a time-out, nor for what gevent and its like put in the place of sockets.
    """
    timeout_s = connected.gettimeout()
    if isinstance(connected, ssl.SSLSocket) or type(connected).__module__ != "socket" or not timeout_s:
        return
    time_value = struct.pack("ll", int(timeout_s), int(timeout_s % 1 * 1e6))
    connected.settimeout(None)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, time_value)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, time_value)


def _has_input(connected: socket.socket) -> bool:
    """On a connection at rest that is its end, or words that nobody asked for."""
    poll = select.poll()
    poll.register(connected, select.POLLIN)
    return bool(poll.poll(0))


@lru_cache(maxsize=100)
def _head(command: bytes, script: str, count: int, rest: int) -> bytes:
    parts = (command, script.encode(), b"%d" % count)
    return b"*%d\r\n" % (len(parts) + rest) + _packed(b"", parts)


def _packed(head: bytes, parts: Sequence[bytes]) -> bytes:
    pieces: list[bytes | int] = [head]
    for part in parts:
        pieces += (len(part), part)
    return (b"%b" + b"$%d\r\n%b\r\n" * len(parts)) % tuple(pieces)


@lru_cache(maxsize=100)
def _numbers(answer: bytes) -> Sequence[int] | None:
    """None while there is more to come. An error is one line, a list its length and a line for each number.

    Nearly all answers are the same, so that this is not worked out anew for each.
    """
    if not answer.endswith(b"\r\n"):
        return None
    if answer[:1] == b"-":
        raise _error(answer[1:-2].decode("utf-8", "replace"))
    if answer[:1] != b"*":
        raise exceptions.ConnectionError(f"Redis answered what no script of ours does: {answer[:80]!r}")
    length, *lines = answer.split(b"\r\n")[:-1]
    return None if len(lines) < int(length[1:]) else tuple(int(line[1:]) for line in lines)


def _error(words: str) -> exceptions.ResponseError:
    return _ERRORS.get(words.partition(" ")[0], exceptions.ResponseError)(words)
