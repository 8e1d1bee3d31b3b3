"""Snowplow: the UMD bundle of @snowplow/browser-tracker with its defaults (POST, one event a request, kept in
localStorage). Its tag with a stub belongs to sp.js, which is not on npm, so here it has none."""

from __future__ import annotations

from typing import Any

from bench.sdk.product import MARKED, Answer, Arrived, Product
from bench.sdk.products.packages import MODULES, script, version


def product() -> Product:
    bundle = script(MODULES / "@snowplow/browser-tracker/dist/index.umd.min.js")
    return Product(
        name="Snowplow",
        version=version("@snowplow/browser-tracker"),
        files={"/sp.js": bundle},
        served=bundle,
        evaluated=bundle.decode(),
        head=lambda origin: f'<script async src="{origin}/sp.js" onload="{_start(origin)}"></script>',
        start=_start,
        ready="!!(window.isSnowplowReady)",
        call=f"(marker) => snowplowBrowserTracking.trackStructEvent("
        f"{{ category: 'shop', action: '{MARKED}', label: marker }})",
        collects="/tp2$",
        read=_read,
        is_stub=False,
        answer=Answer("ok", "text/plain"),
    )


def _start(origin: str) -> str:
    tracker = f"snowplowBrowserTracking.newTracker('sp', '{origin}', {{ appId: 'bench' }})"
    return f"{tracker}; snowplowBrowserTracking.trackPageView(); window.isSnowplowReady = true"


def _read(body: Any) -> list[Arrived]:
    return [Arrived(one["se_la"], one["eid"]) for one in body["data"] if one.get("se_ac") == MARKED]
