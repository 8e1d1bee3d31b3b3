"""The command `cueline`. Each file of this folder is one command or one group of them."""

from __future__ import annotations

import click

from cueline import __version__
from cueline.cli.group import LazyGroup

COMMANDS = {
    "up": ("cueline.cli.up:up", "Run everything in one terminal, with embedded stores."),
    "web": ("cueline.cli.web:web", "Serve the collector, the REST API and the status page."),
    "worker": ("cueline.cli.worker:worker", "Drain the event streams and deliver what campaigns decided."),
    "clock": ("cueline.cli.worker:clock", "Wake what is due and keep the resident jobs alive."),
    "db": ("cueline.cli.db:db", "The SQL database: bring its tables to this release."),
    "send": ("cueline.cli.send:send", "Report one client action of a user."),
    "link": ("cueline.cli.link:link", "Make, parse and decode deep links."),
    "snippet": ("cueline.cli.snippet:snippet", "Print the script tag to paste into your pages."),
    "apply": ("cueline.cli.apply:apply", "Load campaigns, templates and actions from a YAML file."),
    "export": ("cueline.cli.apply:export", "Print what `apply` would load, as YAML."),
    "actions": ("cueline.cli.actions:actions", "The action registry: every client action seen or added."),
    "keys": ("cueline.cli.keys:keys", "Write keys for pages, secret keys for servers."),
    "workspace": ("cueline.cli.workspace:workspace", "Origins, identity, limits and secrets of the workspace."),
    "dead-letters": (
        "cueline.cli.dead_letters:dead_letters",
        "Events that could not be handled: see them, replay them.",
    ),
    "config": ("cueline.cli.config:config", "Show every setting, its value and where it came from."),
    "bench": ("cueline.cli.bench:bench", "Measure what this machine, Redis and SQL carry."),
    "doctor": ("cueline.cli.doctor:doctor", "Check that everything runs, and say what to do if not."),
}


@click.group(cls=LazyGroup, commands_table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cueline")
def main() -> None:
    """Cueline: user actions in, campaigns out.

    Start with `cueline up`: it runs everything in one terminal and prints where to look.
    Settings are environment variables CUELINE_* or lines of a `.env` file; `cueline config` lists them.
    """
