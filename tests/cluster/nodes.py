"""A Redis Cluster of our own on loopback: three masters without replicas, each of which can be killed and started."""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from redis import Redis, RedisError
from redis.crc import key_slot

# Below the ports that outgoing connections use, the bus's (10,000 above) too.
_PORTS: Final = range(20_000, 22_768)
_BUS: Final = 10_000
_SLOTS: Final = 16_384


class Nodes:
    """`url`: what CUELINE_REDIS_URL is set to. The nodes append to disk and take part of the cluster's slots each."""

    def __init__(self, binary: str, *, count: int = 3) -> None:
        self._binary = binary
        self.folder = Path(tempfile.mkdtemp(prefix="cl-cluster-"))
        self.ports = free_ports(count)
        self._servers: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def client(self, port: int) -> Redis:
        """One node by itself."""
        return Redis(port=port, socket_timeout=5)

    def start(self) -> Nodes:
        for port in self.ports:
            self.start_node(port)
        self._share_slots()
        # An introduction that takes too long, on a busy machine, is forgotten.
        while not self._becomes_whole(5):
            self._introduce()
        return self

    def start_node(self, port: int) -> None:
        folder = self.folder / str(port)
        folder.mkdir(exist_ok=True)
        options = {
            "port": str(port),
            "bind": "127.0.0.1",
            "dir": str(folder),
            "logfile": str(folder / "redis.log"),
            "cluster-enabled": "yes",
            "cluster-node-timeout": "5000",
            # The partitions on the other nodes go on when one is away.
            "cluster-require-full-coverage": "no",
            "appendonly": "yes",
            # So that a node that is killed has lost nothing it took.
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
            "save": "",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        self._servers[port] = subprocess.Popen([self._binary, *arguments], stdout=subprocess.DEVNULL)
        wait_for(lambda: self.client(port).ping())

    def kill(self, port: int) -> None:
        """As `kill -9` does."""
        self._servers[port].kill()
        self._servers[port].wait(10)

    def stop(self, port: int) -> None:
        """It hangs: its connections stay, and nothing answers."""
        self._servers[port].send_signal(signal.SIGSTOP)

    def go_on(self, port: int) -> None:
        self._servers[port].send_signal(signal.SIGCONT)

    def mend(self) -> None:
        """Whole and empty, whatever a test has left behind."""
        for port, server in self._servers.items():
            self.go_on(port) if server.poll() is None else self.start_node(port)
        self.wait_until_whole()
        self.empty()

    def port_of(self, slot: int) -> int:
        share = _SLOTS // len(self.ports) + 1
        return self.ports[slot // share]

    def slot_of(self, key: str) -> int:
        return key_slot(key.encode())

    def begin_move(self, slot: int, *, to: int | None = None) -> Move:
        """To another node than the one that has it at first, or back again."""
        home = self.port_of(slot)
        other = next(port for port in self.ports if port != home)
        source, target = (other, home) if to == home else (home, other)
        return Move(self, slot, source, target)

    def wait_until_whole(self, seconds: float = 60) -> None:
        wait_for(lambda: all(self._is_whole(port) for port in self.ports), seconds)

    def empty(self) -> None:
        for port in self.ports:
            self.client(port).flushall()

    def close(self) -> None:
        for server in self._servers.values():
            server.kill()
            server.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def add_replica(self, port: int) -> int:
        """Of that node's; its own port."""
        (own,) = free_ports(1)
        self.start_node(own)
        master = self.client(port).execute_command("CLUSTER MYID")
        self.client(own).execute_command("CLUSTER MEET", "127.0.0.1", port)
        wait_for(lambda: master.decode() in str(self.client(own).execute_command("CLUSTER NODES")))
        wait_for(lambda: self.client(own).execute_command("CLUSTER REPLICATE", master))
        wait_for(lambda: self.client(own).info("replication")["master_link_status"] == "up")
        return own

    def _share_slots(self) -> None:
        share = _SLOTS // len(self.ports) + 1
        for number, port in enumerate(self.ports):
            slots = range(number * share, min((number + 1) * share, _SLOTS))
            client = self.client(port)
            client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
            client.execute_command("CLUSTER ADDSLOTS", *slots)
        self._introduce()

    def _introduce(self) -> None:
        for port in self.ports[1:]:
            self.client(port).execute_command("CLUSTER MEET", "127.0.0.1", self.ports[0])

    def _becomes_whole(self, seconds: float) -> bool:
        try:
            self.wait_until_whole(seconds)
        except TimeoutError:
            return False
        return True

    def _is_whole(self, port: int) -> bool:
        info = self.client(port).execute_command("CLUSTER INFO")
        said = info if isinstance(info, dict) else dict(line.split(":") for line in info.decode().split())
        return said["cluster_state"] == "ok" and int(said["cluster_slots_ok"]) == _SLOTS and self._knows_all(port)

    def _knows_all(self, port: int) -> bool:
        known = self.client(port).execute_command("CLUSTER NODES")
        return len(known) == len(self.ports) and all("connected" in str(node) for node in known.values())


class Move:
    """A slot on its way from one node to another."""

    def __init__(self, nodes: Nodes, slot: int, source: int, target: int) -> None:
        self.source, self.target = source, target
        self._nodes = nodes
        self._slot = slot
        self._ids = {port: self._tell(port, "MYID").decode() for port in nodes.ports}
        self._tell(target, "SETSLOT", slot, "IMPORTING", self._ids[source])
        self._tell(source, "SETSLOT", slot, "MIGRATING", self._ids[target])

    def carry_keys(self) -> None:
        client: Any = self._nodes.client(self.source)
        for key in self._tell(self.source, "GETKEYSINSLOT", self._slot, 100):
            client.execute_command("MIGRATE", "127.0.0.1", self.target, key, 0, 5_000)

    def finish(self) -> None:
        for port in (self.target, self.source, *self._nodes.ports):
            self._tell(port, "SETSLOT", self._slot, "NODE", self._ids[self.target])

    def carry_all(self) -> None:
        self.carry_keys()
        self.finish()

    def _tell(self, port: int, *words: str | int) -> Any:
        client: Any = self._nodes.client(port)
        return client.execute_command(f"CLUSTER {words[0]}", *words[1:])


def free_ports(count: int) -> list[int]:
    """Ports that are free together with the ones that the nodes will speak among themselves."""
    return random.sample(
        [port for port in random.sample(_PORTS, 100) if _is_free(port) and _is_free(port + _BUS)], count
    )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def wait_for(ready: Callable[[], object], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(RedisError):
            if ready():
                return
        time.sleep(0.02)
    raise TimeoutError(f"not within {seconds} s")
