"""The tag that a shop pastes: the built stub, then the core with the collector's address and the write key."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files


def tag(public_url: str, write_key: str) -> str:
    """Two elements, one line: the stub, the same for every shop, and the core from `<public_url>/v1/cueline.js`."""
    source = escape(public_url.rstrip("/") + "/v1/cueline.js")
    return f'<script>{stub()}</script><script async src="{source}" data-key="{escape(write_key)}"></script>'


@cache
def stub() -> str:
    """JavaScript without an end of line around it: its hash is what a Content Security Policy may name."""
    return files("cueline").joinpath("static/stub.js").read_text("utf-8").strip()
