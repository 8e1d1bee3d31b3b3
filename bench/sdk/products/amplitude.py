"""Amplitude: snippet and script of @amplitude/analytics-browser, its defaults but for the remote configuration."""

from __future__ import annotations

import json
import re
from typing import Any

from bench.sdk.product import MARKED, Answer, Arrived, Product
from bench.sdk.products.packages import MODULES, script, version


def product() -> Product:
    scripts = MODULES / "@amplitude/analytics-browser/lib/scripts"
    bundle = script(scripts / "amplitude-min.js")
    snippet = (scripts / "amplitude-snippet-min.js").read_text("utf-8")
    return Product(
        name="Amplitude",
        version=version("@amplitude/analytics-browser"),
        files={"/amplitude.js": bundle},
        served=bundle,
        evaluated=bundle.decode(),
        head=lambda origin: f"<script>{_tag(snippet, origin)};{_start(origin)}</script>",
        start=_start,
        ready="!!(window.amplitude && amplitude.runQueuedFunctions)",
        call=f"(marker) => void amplitude.track('{MARKED}', {{ marker }})",
        collects="^/2/httpapi$",
        read=_read,
        is_stub=True,
        answer=Answer('{"code": 200}'),
    )


def _tag(snippet: str, origin: str) -> str:
    """The same script from the benchmark's server; the digest is that of the compressed file on Amplitude's."""
    return re.sub(r'a\.integrity="[^"]*",', "", re.sub(r'a\.src="[^"]*"', f'a.src="{origin}/amplitude.js"', snippet))


def _start(origin: str) -> str:
    options = {"serverUrl": f"{origin}/2/httpapi", "fetchRemoteConfig": False}
    return f"amplitude.init('bench', {json.dumps(options)})"


def _read(body: Any) -> list[Arrived]:
    return [
        Arrived(one["event_properties"]["marker"], one["insert_id"])
        for one in body["events"]
        if one["event_type"] == MARKED
    ]
