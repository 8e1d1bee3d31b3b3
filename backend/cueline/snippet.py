"""The tag that a shop pastes: the built stub with the collector's address and the write key in it."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files


def tag(public_url: str, write_key: str) -> str:
    """The whole `<script>` element, one line. It loads the core from `<public_url>/v1/cueline.js`."""
    script = _stub()
    script = script.replace('"URL/v1/cueline.js"', _js_text(public_url.rstrip("/") + "/v1/cueline.js"))
    script = script.replace('"KEY"', _js_text(write_key))
    return f"<script>{script}</script>"


@cache
def _stub() -> str:
    return files("cueline").joinpath("static/stub.js").read_text("utf-8").strip()


def _js_text(value: str) -> str:
    """A JavaScript string that cannot end the script element, whatever is in it."""
    text = json.dumps(value)
    for char in "<>&'":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text
