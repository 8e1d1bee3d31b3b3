"""`cueline link`: write deep links into addresses, and see how an address or a link is read."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, Literal

import click

from cueline.cli.duration import Duration
from cueline.deeplinks import action_link, build, capture, parse
from cueline.errors import CuelineError

Reader = Callable[[str], dict[str, Any]]

_jsonl = click.option(
    "--jsonl", is_flag=True, help="Read one JSON string a line from stdin, write one JSON object a line to stdout."
)


@click.group()
def link() -> None:
    """Make and read deep links (docs/deep-links.md)."""


@link.command()
@click.argument("page")
@click.argument("action")
@click.option("--param", "params", multiple=True, metavar="KEY=VALUE", help="A payload parameter; may be repeated.")
@click.option(
    "--in", "where", type=click.Choice(["query", "hash"]), default="hash", show_default=True, help="Where it goes."
)
@click.option("--sign", is_flag=True, help="Sign it with the workspace's newest link secret.")
@click.option("--expires", "expires_ms", type=Duration(), help="With --sign: it is refused after this time, as 7d.")
@click.option("--once", is_flag=True, help="With --sign: it works once for the whole workspace.")
def make(
    page: str, action: str, *, params: tuple[str, ...], where: Literal["query", "hash"], sign: bool, **terms: Any
) -> None:
    """Print the address of PAGE that reports the client action ACTION.

    \b
    cueline link make https://shop.example/deposit DEPOSIT_OPENED --param amount=12
    """
    if not sign and any(terms.values()):
        raise click.UsageError("Only a signed link expires or works once: add --sign.")
    try:
        link = action_link(action, dict(map(_pair, params)))
        click.echo(build(page, _signed(link, **terms) if sign else link, where=where))
    except CuelineError as error:
        raise click.ClickException(error.message) from error


def _signed(link: str, **terms: Any) -> str:
    from cueline.cli.link_signing import signed  # reaches for SQL, which unsigned links do without

    return signed(link, **terms)


@link.command("parse")
@click.argument("address", required=False)
@_jsonl
def parse_address(address: str | None, *, jsonl: bool) -> None:
    """Print the deep link in ADDRESS, the address without it, and what the link says."""
    _answer(address, lambda text: capture(text).as_dict(), jsonl=jsonl)


@link.command()
@click.argument("text", metavar="LINK", required=False)
@_jsonl
def decode(text: str | None, *, jsonl: bool) -> None:
    """Print the verb and the parameters of LINK, or the code of the first thing that is wrong with it."""
    _answer(text, lambda text: parse(text).as_dict(), jsonl=jsonl)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--param")
    return key, value


def _answer(text: str | None, reader: Reader, *, jsonl: bool) -> None:
    if jsonl == (text is not None):
        raise click.UsageError("Give either one text, or --jsonl and the texts on stdin.")
    if text is not None:
        click.echo(json.dumps(reader(text)))
        return
    for line in sys.stdin.buffer:
        # each answer at once, so that another program can ask line by line
        click.echo(json.dumps(_answer_line(line, reader)))


def _answer_line(line: bytes, reader: Reader) -> dict[str, Any]:
    """One line never ends the run: what is no JSON string gets an answer too."""
    try:
        text = json.loads(line)
    except (ValueError, RecursionError):
        return {"error": "not_a_json_string"}
    return reader(text) if isinstance(text, str) else {"error": "not_a_json_string"}
