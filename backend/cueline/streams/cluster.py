"""A Redis Cluster as one client: each command goes to the node that has its key, and is sent once.

redis-py's own RedisCluster does not do: it sends what failed in a pipeline a second time, sleeps in the middle of a
request while the cluster is down, cannot be made before the cluster is up, and raises errors that are no RedisError.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar, cast

from redis import Redis
from redis.client import Pipeline
from redis.connection import ConnectionPool
from redis.crc import key_slot
from redis.exceptions import AskError, ConnectionError, MovedError, RedisError

from cueline.streams.nodes import Node, Routes

T = TypeVar("T")
Command = tuple[tuple[Any, ...], dict[str, Any]]

# A command that is sent on was not done: sending it again doubles nothing.
_SENT_ON: Final = 5
_SCRIPTS: Final = frozenset({"EVAL", "EVALSHA"})


class Cluster(Redis):
    """Takes the commands that have a key, and `ping`. Connects when it is first used; raises nothing but RedisError.

    Keys of a partition, which carry its hash tag, lie on the cluster; all others in `rest`, a Redis by itself: on some
    node of the cluster they would make everybody depend on that one.
    """

    def __init__(self, routes: Routes, rest: Redis) -> None:
        # A pool that nobody takes a connection from: what has no node to go to must not go anywhere.
        super().__init__(connection_pool=ConnectionPool())
        self._routes = routes
        self._rest = Node(("", 0), rest)

    def execute_command(self, *args: Any, **options: Any) -> Any:
        slot = _slot_of(args)
        for _ in range(_SENT_ON):
            node = self._node(slot)
            try:
                return self._routes.ask(node, lambda redis: cast(Any, redis).execute_command(*args, **options))
            except MovedError as moved:
                self._routes.move(moved)
            except AskError as asked:
                return self._ask(self._routes.named(asked), (args, options))
        raise ConnectionError(f"The nodes of the cluster do not agree on who has slot {slot}.")

    def _node(self, slot: int | None) -> Node:
        return self._rest if slot is None else self._routes.node(slot)

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> _Pipeline:
        return _Pipeline(self, transaction=transaction)

    def ping(self, **_: Any) -> bool:
        """True when any node answers: what lies on it can be taken."""
        said: RedisError = ConnectionError("The cluster has no nodes.")
        for node in self.nodes():
            try:
                return bool(self._routes.ask(node, lambda redis: redis.ping()))
            except RedisError as error:
                said = error
        raise said

    def nodes(self) -> Sequence[Node]:
        """The masters, as the cluster last said."""
        return self._routes.all()

    def node_of(self, key: str) -> Redis:
        """The plain client of the node that has the key, for what must hold a connection of its own."""
        return self._routes.node(key_slot(key.encode())).redis

    def ask(self, key: bytes, do: Callable[[Redis], T]) -> T:
        """What the node that has the key says to it alone; nothing is sent on."""
        return self._routes.ask(self._routes.node(key_slot(key)), do)

    def close(self) -> None:
        self._routes.close()
        self._rest.redis.close()
        super().close()

    def send(self, commands: Sequence[Command], *, transaction: bool) -> list[Any]:
        """Each command to its node, each node's in one round trip; an error stands in place of its answer."""
        answers: list[Any] = [None] * len(commands)
        for node, places in self._by_node(commands, answers).items():
            said = self._send_to(node, [commands[place] for place in places], transaction=transaction)
            for place, answer in zip(places, said, strict=True):
                answers[place] = answer
        return [self._again(answer, command) for answer, command in zip(answers, commands, strict=True)]

    def _by_node(self, commands: Sequence[Command], answers: list[Any]) -> dict[Node, list[int]]:
        places: dict[Node, list[int]] = {}
        for place, (args, _) in enumerate(commands):
            try:
                places.setdefault(self._node(_slot_of(args)), []).append(place)
            except RedisError as error:
                answers[place] = error
        return places

    def _send_to(self, node: Node, commands: Sequence[Command], *, transaction: bool) -> list[Any]:
        def all_of_them(redis: Redis) -> list[Any]:
            with redis.pipeline(transaction=transaction) as pipe:
                for args, options in commands:
                    cast(Any, pipe).execute_command(*args, **options)
                return list(pipe.execute(raise_on_error=False))

        try:
            return self._routes.ask(node, all_of_them)
        except RedisError as error:
            return [error] * len(commands)

    def _again(self, answer: Any, command: Command) -> Any:
        """A command that was not done, because its key lies elsewhere by now, is sent there."""
        if not isinstance(answer, AskError):
            return answer
        args, options = command
        try:
            return self.execute_command(*args, **options)
        except RedisError as error:
            return error

    def _ask(self, node: Node, command: Command) -> Any:
        """A slot on the move: its new node takes the command when told that we know."""
        told: Command = (("ASKING",), {})
        answer = self._send_to(node, [told, command], transaction=False)[1]
        if isinstance(answer, Exception):
            raise answer
        return answer


class _Pipeline(Pipeline):
    """Commands for several nodes; with `transaction` for one node only, all or none."""

    def __init__(self, cluster: Cluster, *, transaction: bool) -> None:
        super().__init__(cluster.connection_pool, cluster.response_callbacks, transaction, None)
        self._cluster = cluster
        self._is_whole = transaction

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        commands: list[Command] = list(self.command_stack)
        self.reset()
        if self._is_whole and len({_slot_of(args) for args, _ in commands}) > 1:
            raise ValueError("A transaction on a cluster is for keys of one slot.")
        answers = self._cluster.send(commands, transaction=self._is_whole)
        failed = next((answer for answer in answers if isinstance(answer, Exception)), None)
        if raise_on_error and failed is not None:
            raise failed
        return answers


def _slot_of(args: Sequence[Any]) -> int | None:
    """The slot of the first key, None for one without a hash tag. A script's keys stand behind how many there are."""
    place = 3 if args[0] in _SCRIPTS else 1
    if len(args) <= place:
        raise ValueError(f"{args[0]} has no key, so no node of a cluster to go to.")
    key = args[place] if isinstance(args[place], bytes) else str(args[place]).encode()
    return key_slot(key) if b"{" in key else None
