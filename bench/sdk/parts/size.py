"""What a page pastes and loads, in bytes after gzip -9."""

from __future__ import annotations

import gzip

from bench.sdk.report import Bar, Figures
from bench.sdk.stage import Stage

_ORIGIN = "https://collect.shop.example"


async def run(stage: Stage, *, rounds: int) -> list[Bar]:
    scripts: dict[str, Figures] = {one.name: [_packed(one.served)] for one in stage.products}
    tags: dict[str, Figures] = {one.name: [_packed(one.head(_ORIGIN).encode())] for one in stage.products}
    return [Bar("script", "bytes", scripts, most=5_000), Bar("tag in the page", "bytes", tags, most=500)]


def _packed(text: bytes) -> float:
    return len(gzip.compress(text, compresslevel=9, mtime=0))
