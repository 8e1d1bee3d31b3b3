"""The tag that a shop pastes: the built stub, then the core with the collector's address and the write key."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from types import MappingProxyType
from typing import Final

from cueline.scripts import BUILT_SNIPPET_PATH, built

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


def tag(
    public_url: str,
    write_key: str,
    *,
    path: str = BUILT_SNIPPET_PATH,
    integrity: str = "",
    nonce: str = "",
    options: Mapping[str, str] = _NONE,
) -> str:
    """Two elements, one line: the stub, the same for every shop, and the core from `<public_url><path>`.

    `options` are those of `init`, by their names there. `nonce` is taken as it is: it may be a template's expression.
    A page in a frame needs no write key: its host has one.
    """
    given = {"src": public_url.rstrip("/") + path}
    if integrity:
        given |= {"integrity": integrity, "crossorigin": "anonymous"}
    given |= ({"data-key": write_key} if write_key else {}) | {
        attribute(name): value for name, value in options.items()
    }
    marked = f' nonce="{nonce}"' if nonce else ""
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in given.items())
    return f"<script{marked}>{stub(options.get('compat', ''))}</script><script{marked} async{attributes}></script>"


def attribute(option: str) -> str:
    """`holdMinutes` → `data-hold-minutes`: what the page's `dataset` calls `holdMinutes` again."""
    return "data-" + re.sub("[A-Z]", lambda letter: "-" + letter[0].lower(), option)


@cache
def stub(compat: str = "") -> str:
    """JavaScript without an end of line around it: its hash is what a Content Security Policy may name. With `compat`
    the one that keeps calls to that name too."""
    return built().joinpath("stub-compat.js" if compat else "stub.js").read_text("utf-8").strip()


def policy(
    public_url: str, *, path: str, reports_to: str, integrity: str = "", nonce: str = "", compat: str = ""
) -> list[str]:
    """The directives that a Content Security Policy needs for the tag: stub, core with its parts, and the reports."""
    core = f"'{integrity}'" if integrity else _folder(public_url.rstrip("/") + path)
    scripts = f"'nonce-{nonce}'" if nonce else f"{stub_hash(compat)} {core}"
    return [f"script-src {scripts}", f"connect-src {reports_to}"]


def stub_hash(compat: str = "") -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(stub(compat).encode()).digest()).decode()}'"


def _folder(address: str) -> str:
    """A policy's path that ends in a slash stands for all below it: the parts lie beside the core."""
    return address.rpartition("/")[0] + "/"
