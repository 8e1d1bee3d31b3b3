"""The bodies of requests, as the products write them."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any, Final
from urllib.parse import parse_qs

_GZIP: Final = b"\x1f\x8b"


def decode(body: bytes) -> Any:
    """JSON; gzipped or not, bare or base64 in the field `data` of a form. Raises ValueError for anything else."""
    plain = gzip.decompress(body) if body.startswith(_GZIP) else body
    if plain.startswith(b"data="):
        plain = base64.b64decode(parse_qs(plain.decode())["data"][0])
    return json.loads(plain)
