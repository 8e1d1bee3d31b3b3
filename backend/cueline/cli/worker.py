"""`cueline worker` and `cueline clock`: the processes behind the doors."""

from __future__ import annotations

import os
import sys

import click

from cueline import logs
from cueline.cli.process import Child
from cueline.cli.stores import settings_for
from cueline.cli.supervisor import Supervisor
from cueline.jobs.worker import DELIVER, DRAIN
from cueline.logs import Log

_log = Log(__name__)


@click.command()
@click.option("--drain", default=1, show_default=True, type=click.IntRange(0, 256), help="Processes that drain.")
@click.option("--deliver", default=1, show_default=True, type=click.IntRange(0, 256), help="Processes that deliver.")
def worker(drain: int, deliver: int) -> None:
    """Run worker processes: drains match events with campaigns, deliver processes send what they decided.

    One RQ queue per process. A process that ends is started again; Ctrl-C or SIGTERM ends them all.
    """
    if drain + deliver == 0:
        raise click.UsageError("Nothing to run: give --drain or --deliver a number above 0.")
    settings = settings_for()
    settings.queues_url()  # says now, once, what is missing
    logs.configure(settings.log_format, settings.log_level)
    supervisor = Supervisor(notice=_log.warning, on_line=lambda _name, line: _say(line))
    supervisor.listen()
    for kind, count in ((DRAIN, drain), (DELIVER, deliver)):
        for number in range(count):
            supervisor.start(Child(f"{kind} {number}", [sys.executable, "-m", "cueline.jobs", kind]))
    try:
        supervisor.run()
    finally:
        supervisor.stop()


@click.command()
def clock() -> None:
    """Run the clock: it wakes what is due and re-queues resident jobs that are missing.

    Run at least one; with several, one leads and the others stand by.
    """
    settings_for().queues_url()
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "cueline.jobs", "clock"])


def _say(line: str) -> None:
    click.echo(line, err=True)
