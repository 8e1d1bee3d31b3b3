"""Ours: the tag as `cueline snippet` prints it, the core as it is served."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import cueline
from bench.sdk.product import MARKED, Answer, Arrived, Product
from cueline.snippet import tag

KEY = "wk_0123456789abcdefghijklmn"


def product() -> Product:
    built = files("cueline").joinpath("static")
    core, stub = built.joinpath("cueline.js"), built.joinpath("stub.js")
    return Product(
        name="Cueline",
        version=cueline.__version__,
        files={"/v1/cueline.js": core.read_bytes()},
        served=core.read_bytes(),
        evaluated=stub.read_text("utf-8") + core.read_text("utf-8"),
        head=lambda origin: tag(origin, KEY),
        start=lambda origin: f"cueline('init', {json.dumps({'key': KEY, 'url': origin})})",
        ready="!!(window.cueline && cueline.run)",
        call=f"(marker) => cueline.action('{MARKED}', {{ marker }})",
        collects="/v1/collect$",
        read=_read,
        is_stub=True,
        answer=Answer('{"accepted": 1, "rejected": []}', status=202),
    )


def _read(body: Any) -> list[Arrived]:
    found = []
    for event in body["events"]:
        payload = event["payload"]
        if payload.get("client_action") == MARKED:
            found.append(Arrived(payload["marker"], event["eid"]))
        if event["type"] == "events_dropped":
            found.append(Arrived("", event["eid"], dropped=payload["count"]))
    return found
