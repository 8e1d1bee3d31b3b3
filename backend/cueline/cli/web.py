"""`cueline web`: the web server, granian, in our place."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click

from cueline.cli.port import check_free
from cueline.cli.stores import settings_for
from cueline.errors import CuelineError

# Seconds that requests under way get at the end; `up` and systemd wait a little longer than that.
_KILL_TIMEOUT_S = 4
# How long the one before us may still hold the port: its processes end a moment after it does.
_TAKEOVER_S = 5.0
_GRANIAN_LEVELS = {"debug": "debug", "info": "info", "warning": "warning", "error": "error"}


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 is every one.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 256), help="Processes.")
@click.option("--threads", default=3, show_default=True, type=click.IntRange(1, 256), help="Threads per process.")
def web(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the collector, the REST API and the status page.

    Runs granian on `cueline.wsgi:app`; any other WSGI server can serve the same.
    """
    settings = settings_for()
    settings.streams_url()  # says now, once, what is missing
    _await_port(host, port)
    command = _granian(host=host, port=port, workers=workers, threads=threads, level=settings.log_level)
    sys.stdout.flush()
    os.execv(sys.executable, command)


def _await_port(host: str, port: int) -> None:
    """Granian would share a port that is taken (SO_REUSEPORT): two servers, each answering some of the requests."""
    until_s = time.monotonic() + _TAKEOVER_S
    while True:
        try:
            return check_free(host, port)
        except CuelineError:
            if time.monotonic() >= until_s:
                raise
        time.sleep(0.1)


def _granian(*, host: str, port: int, workers: int, threads: int, level: str) -> list[str]:
    options = {
        "interface": "wsgi",
        "host": host,
        "port": str(port),
        "workers": str(workers),
        "blocking-threads": str(threads),
        "log-level": _GRANIAN_LEVELS[level],
        "log-config": str(Path(__file__).with_name("granian.json")),
        "workers-kill-timeout": str(_KILL_TIMEOUT_S),
    }
    named = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "granian", *named, "--no-ws", "--respawn-failed-workers", "cueline.wsgi:app"]
