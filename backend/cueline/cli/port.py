"""The port that `up` and `web` serve on: is it free, what is its address, does the web server answer there."""

from __future__ import annotations

import contextlib
import errno
import http.client
import ipaddress
import socket

from cueline.errors import CuelineError

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def check_free(host: str, port: int) -> None:
    """Raises CuelineError when nobody may or can listen there."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        raise CuelineError(_reason(host, port, error=error)) from error


def _reason(host: str, port: int, *, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken by another program. Choose another, such as --port {_next(port)}."
    return f"Cannot listen on {host}, port {port}: {error.strerror}. Choose others with --host and --port."


def _next(port: int) -> int:
    return port + 1 if port < 65535 else 8000


def reachable(host: str) -> str:
    """The host under which this machine reaches what listens on `host`."""
    return _EVERYWHERE.get(host, host)


def address_of(host: str, port: int) -> str:
    """Such as http://127.0.0.1:8000."""
    name = reachable(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect."""
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def answers(host: str, port: int, *, path: str) -> bool:
    """Whether a GET is answered 200. Not urllib: that would go through a proxy of the environment."""
    connection = http.client.HTTPConnection(reachable(host), port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
