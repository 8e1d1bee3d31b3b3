"""`cueline web`: the web server, granian, in our place."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from cueline.cli.stores import settings_for

# Seconds that requests under way get at the end; `up` and systemd wait a little longer than that.
_KILL_TIMEOUT_S = 4
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
    command = _granian(host=host, port=port, workers=workers, threads=threads, level=settings.log_level)
    sys.stdout.flush()
    os.execv(sys.executable, command)


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
