"""Segment: the snippet of @segment/snippet, the script of @segment/analytics-next; it delivers as it does unasked."""

from __future__ import annotations

import json
from typing import Any

from bench.sdk.product import MARKED, Answer, Arrived, Product
from bench.sdk.products.packages import BUILT, MODULES, script, version


def product() -> Product:
    umd = MODULES / "@segment/analytics-next/dist/umd"
    snippet = (BUILT / "segment-snippet.js").read_text("utf-8")
    return Product(
        name="Segment",
        version=version("@segment/analytics-next"),
        files={"/standalone.js": script(umd / "standalone.js")},
        served=script(umd / "standalone.js"),
        evaluated=script(umd / "index.js").decode(),
        head=lambda origin: f"<script>{_tag(snippet, origin)}</script>",
        start=lambda origin: f"window.analytics = AnalyticsNext.AnalyticsBrowser.load({_settings(origin)})",
        ready="!!(window.analytics && analytics.initialized)",
        call=f"(marker) => void analytics.track('{MARKED}', {{ marker }})",
        collects="^/v1/[a-z]$",
        read=_read,
        is_stub=True,
        answers={"/settings$": lambda origin: Answer(_served(origin))},
        answer=Answer('{"success": true}'),
    )


def _tag(snippet: str, origin: str) -> str:
    return f"window.analytics = []; analytics._cdn = '{origin}';" + snippet.replace("https://ORIGIN", origin)


def _settings(origin: str) -> str:
    return json.dumps({"writeKey": "bench", "cdnURL": origin})


def _served(origin: str) -> str:
    """What its CDN says of a source with no destination but Segment itself."""
    host = origin.removeprefix("http://") + "/v1"
    return json.dumps({"integrations": {"Segment.io": {"apiKey": "bench", "apiHost": host, "protocol": "http"}}})


def _read(body: Any) -> list[Arrived]:
    if body.get("event") != MARKED:
        return []
    return [Arrived(body["properties"]["marker"], body["messageId"])]
