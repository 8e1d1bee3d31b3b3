"""`cueline snippet`: the script tag to paste, and what a Content Security Policy says about it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

import click
from sqlalchemy import Connection

from cueline.cli.stores import database, settings_for, the_workspace
from cueline.config import Settings
from cueline.errors import NotFound
from cueline.scripts import core, part_path
from cueline.snippet import policy, tag
from cueline.store import keys
from cueline.store.session import reading

_LIST: Final = (r"[^\s,]+(?:[\s,]+[^\s,]+)*", "names, between spaces or commas")
_ORIGINS: Final = (
    r"https?://[^\s,/]+(?:[\s,]+https?://[^\s,/]+)*",
    "origins (https://shop.example), between spaces or commas",
)
_SWITCH: Final = ("on|off|true|false", "on or off")

# What `init` takes: the texts that mean something to it, and that in words.
OPTIONS: Final = {
    "url": (r"https?://\S+", "an address that begins with https://"),
    "deepLinkParams": _LIST,
    "holdMinutes": (r"\d+(?:\.\d+)?", "a number"),
    "consent": ("granted|pending|denied", "granted, pending or denied"),
    "spa": _SWITCH,
    "cookieDomain": (r"\.?[A-Za-z0-9.-]+", "a domain, such as shop.example"),
    "goOrigins": _ORIGINS,
    "debug": _SWITCH,
    "compat": ("_smartico", "_smartico"),
    "frames": _ORIGINS,
}


@click.command()
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="An option of `init`; may be repeated.")
@click.option("--integrity", is_flag=True, help="Pin the script to this release's bytes.")
@click.option("--nonce", default="", help="The nonce of your policy, or your template's expression for it.")
@click.option("--csp", is_flag=True, help="Print what a Content Security Policy needs instead of the tag.")
@click.option("--frame", "hosts", multiple=True, metavar="ORIGIN", help="For a page in a frame: who may hold it.")
def snippet(options: tuple[str, ...], integrity: bool, nonce: str, csp: bool, hosts: tuple[str, ...]) -> None:
    """Print the script tag to paste into your pages.

    The tag alone goes to stdout. The write key is read from the SQL database, the address is CUELINE_PUBLIC_URL or
    the one that `cueline up` last ran on.
    """
    given = _options(options)
    settings = settings_for()
    if hosts and not csp:
        return click.echo(_frame_tag(settings, hosts, given, integrity=integrity, nonce=nonce))
    script = core(settings, is_pinned=integrity)
    proof = script.integrity if integrity else ""
    if csp:
        reports_to = given.get("url", settings.address()).rstrip("/") + settings.collect_path
        lines = policy(
            settings.address(),
            path=script.path,
            reports_to=reports_to,
            integrity=proof,
            nonce=nonce,
            compat=given.get("compat", ""),
        )
        return click.echo(";\n".join(lines))
    with database(settings) as engine, reading(engine) as connection:
        key = _write_key(connection)
    return click.echo(tag(settings.address(), key, path=script.path, integrity=proof, nonce=nonce, options=given))


def _frame_tag(
    settings: Settings, hosts: tuple[str, ...], given: dict[str, str], *, integrity: bool, nonce: str
) -> str:
    """`frame.js` instead of the core: it speaks to the page around it, if that is one of the hosts."""
    for host in hosts:
        if host != "native" and not re.fullmatch(_ORIGINS[0], host):
            raise click.BadParameter(f"{host!r} is no origin such as https://shop.example, nor `native`.")
    if integrity:
        raise click.UsageError("--integrity pins the core, which a page in a frame does not load.")
    options = {"hosts": " ".join(hosts)} | given
    return tag(settings.address(), "", path=part_path(settings, "frame.js"), nonce=nonce, options=options)


def _options(pairs: Iterable[str]) -> dict[str, str]:
    """Checked: a misspelt `consent` would store what must not be stored."""
    found = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name not in OPTIONS:
            raise click.BadParameter(f"{name!r} is no option of `init`.{_hint(name)}")
        pattern, meaning = OPTIONS[name]
        if not re.fullmatch(pattern, value):
            raise click.BadParameter(f"{pair!r}: {name} must be {meaning}.")
        found[name] = value
    return found


def _hint(name: str) -> str:
    close = difflib.get_close_matches(name, OPTIONS, n=1)
    return f" Did you mean {close[0]}?" if close else f" There are: {', '.join(OPTIONS)}."


def _write_key(connection: Connection) -> str:
    key = keys.oldest_write_key(connection, the_workspace(connection).id)
    if key is None:
        raise NotFound("There is no write key that is not revoked. `cueline keys create write` makes one.")
    return key
