"""umami: the tracker whose source is in the npm package `umami`, minified. One request an event, no ids."""

from __future__ import annotations

import uuid
from typing import Any

from bench.sdk.product import MARKED, Answer, Arrived, Product
from bench.sdk.products.packages import BUILT, fetched_version, script


def product() -> Product:
    bundle = script(BUILT / "umami.js")
    return Product(
        name="umami",
        version=fetched_version("umami"),
        files={"/script.js": bundle},
        served=bundle,
        evaluated=bundle.decode(),
        head=lambda origin: f'<script defer src="{origin}/script.js" data-website-id="bench"></script>',
        start=lambda origin: "",
        ready="!!(window.umami)",
        call=f"(marker) => void umami.track('{MARKED}', {{ marker }})",
        collects="^/api/send$",
        read=_read,
        is_stub=False,
        answer=Answer("token", "text/plain"),
        attributes=lambda origin: {"data-website-id": "bench", "data-host-url": origin},
    )


def _read(body: Any) -> list[Arrived]:
    payload = body["payload"]
    return [Arrived(payload["data"]["marker"], uuid.uuid4().hex)] if payload.get("name") == MARKED else []
