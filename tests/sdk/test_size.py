"""What the snippet may weigh, gzip -9: the whole pasted tag, and the core as it is served."""

from __future__ import annotations

import gzip
from importlib.resources import files

import pytest

from cueline.snippet import tag

TAG_BYTES = 500
CORE_BYTES = 5000
# The grammar of deep links in addresses is 700 bytes of frame.js, the attributes data-cl-… and the events 500.
PARTS_BYTES = {"frame.js": 2700, "frames.js": 1000, "compat.js": 1500}


def test_the_pasted_tag_is_small() -> None:
    text = tag("https://collect.shop.example", "wk_0123456789abcdefghijklmn")
    assert len(gzip.compress(text.encode(), compresslevel=9, mtime=0)) <= TAG_BYTES


def test_the_core_is_small() -> None:
    core = files("cueline").joinpath("static/cueline.js").read_bytes()
    assert len(gzip.compress(core, compresslevel=9, mtime=0)) <= CORE_BYTES


@pytest.mark.parametrize("name", PARTS_BYTES)
def test_the_parts_are_small(name: str) -> None:
    part = files("cueline").joinpath(f"static/{name}").read_bytes()
    assert len(gzip.compress(part, compresslevel=9, mtime=0)) <= PARTS_BYTES[name]
