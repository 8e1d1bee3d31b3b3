"""Plausible: the tracker of @plausible-analytics/tracker, bundled for a script tag. One request an event, no ids."""

from __future__ import annotations

import json
import uuid
from typing import Any

from bench.sdk.product import MARKED, Answer, Arrived, Product
from bench.sdk.products.packages import BUILT, script, version


def product() -> Product:
    bundle = script(BUILT / "plausible.js")
    return Product(
        name="Plausible",
        version=version("@plausible-analytics/tracker"),
        files={"/plausible.js": bundle},
        served=bundle,
        evaluated=bundle.decode(),
        head=lambda origin: f"<script async src='{origin}/plausible.js' onload='{_start(origin)}'></script>",
        start=_start,
        ready="!!(window.plausible)",
        call=f"(marker) => plausible('{MARKED}', {{ props: {{ marker }} }})",
        collects="^/api/event$",
        read=_read,
        is_stub=False,
        answer=Answer("ok", "text/plain", 202),
    )


def _start(origin: str) -> str:
    options = {"domain": "shop.example", "endpoint": f"{origin}/api/event", "captureOnLocalhost": True}
    return f"startPlausible({json.dumps(options)})"


def _read(body: Any) -> list[Arrived]:
    return [Arrived(body["p"]["marker"], uuid.uuid4().hex)] if body["n"] == MARKED else []
