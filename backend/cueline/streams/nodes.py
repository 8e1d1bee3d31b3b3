"""The nodes of a Redis Cluster: who has which slot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from redis import Redis
from redis.crc import REDIS_CLUSTER_HASH_SLOTS
from redis.exceptions import (
    AskError,
    ClusterDownError,
    ConnectionError,
    MovedError,
    RedisError,
    ResponseError,
    TimeoutError,
)

T = TypeVar("T")
Address = tuple[str, int]
Open = Callable[[str, int], Redis]

_RELOAD_S: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One server, with a client for it alone."""

    address: Address
    redis: Redis

    @property
    def name(self) -> str:
        return f"{self.address[0]}:{self.address[1]}"


class Routes:
    """The map from slot to node. Thread-safe; asked for anew when the cluster seems to have changed."""

    def __init__(self, seeds: Sequence[Address], open_node: Open) -> None:
        self._open = open_node
        self._lock = threading.Lock()
        self._nodes: dict[Address, Node] = {}
        self._seeds = [self._known(seed) for seed in seeds]
        self._slots: list[Node | None] = []
        self._is_doubted = True
        self._loaded_s = float("-inf")

    def node(self, slot: int) -> Node:
        """Who has the slot. Raises ConnectionError when nobody has it, or nobody can be asked."""
        self._refresh()
        found = self._slots[slot]
        if found is None:
            self._is_doubted = True
            raise ConnectionError(f"No node of the cluster has slot {slot}.")
        return found

    def all(self) -> list[Node]:
        self._refresh()
        return list(dict.fromkeys(node for node in self._slots if node is not None))

    def ask(self, node: Node, do: Callable[[Redis], T]) -> T:
        """Whatever the node says; that it is away or down makes us look whether the map still holds."""
        try:
            return do(node.redis)
        except (ConnectionError, TimeoutError, ClusterDownError):
            self._is_doubted = True
            raise

    def move(self, moved: MovedError) -> None:
        """A node said who has the slot now; more slots may have moved with it."""
        self._slots[moved.slot_id] = self.named(moved)
        self._is_doubted = True

    def named(self, sent_on: AskError) -> Node:
        return self._known((sent_on.host, sent_on.port))

    def close(self) -> None:
        for node in self._nodes.values():
            node.redis.close()

    def _known(self, address: Address) -> Node:
        node = self._nodes.get(address)
        if node is None:
            node = self._nodes.setdefault(address, Node(address, self._open(*address)))
        return node

    def _refresh(self) -> None:
        """One caller asks, the others go by the map there is; the first map is waited for."""
        if self._slots and (not self._is_doubted or time.monotonic() - self._loaded_s < _RELOAD_S):
            return
        if not self._lock.acquire(blocking=not self._slots):
            return
        try:
            if self._is_doubted:
                self._load()
        finally:
            self._lock.release()

    def _load(self) -> None:
        """Raises ConnectionError when no node answers and there is no map to go by."""
        said: RedisError | None = None
        self._loaded_s = time.monotonic()
        for node in self._to_ask():
            try:
                self._slots = self._read(node, cast(Any, node.redis).execute_command("CLUSTER SLOTS"))
            except RedisError as error:
                said = _explained(node, error)
                continue
            self._is_doubted = False
            self._loaded_s = time.monotonic()
            return
        if not self._slots:
            raise ConnectionError(f"No node of the cluster answers: {said}") from said

    def _to_ask(self) -> Iterable[Node]:
        """Those that have slots, then those that we were told of at first."""
        return dict.fromkeys([*(node for node in self._slots if node is not None), *self._seeds])

    def _read(self, told_by: Node, ranges: list[list[Any]]) -> list[Node | None]:
        slots: list[Node | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        for first, last, (host, port, *_), *_replicas in ranges:
            # A node that does not know its own address yet leaves it empty.
            node = self._known((_text(host) or told_by.address[0], int(port)))
            slots[first : last + 1] = [node] * (last + 1 - first)
        return slots


def _text(said: bytes | str | None) -> str:
    return said.decode() if isinstance(said, bytes) else said or ""


def _explained(node: Node, error: RedisError) -> RedisError:
    if isinstance(error, ResponseError) and "cluster support disabled" in str(error):
        return ConnectionError(f"{node.name} is no node of a cluster; write redis:// for a Redis by itself")
    return error
