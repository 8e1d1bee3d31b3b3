"""`GET /v1/cueline.js` and the files beside it: the scripts that pages load."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import partial
from typing import Final

from flask import Blueprint, Response, request

from cueline.config import Settings
from cueline.scripts import Script, served

FRESH: Final = "public, max-age=300"
FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class _Packed:
    """A script, compressed once per process."""

    plain: bytes
    gzipped: bytes
    digest: str
    caching: str


def blueprint(settings: Settings) -> Blueprint:
    """One route per script. Raises ConfigError when the paths that are set meet."""
    bp = Blueprint("snippet_file", __name__)
    for number, (path, script) in enumerate(served(settings).items()):
        bp.add_url_rule(path, endpoint=f"script_{number}", view_func=partial(_answer, _pack(script)))
    return bp


def _pack(script: Script) -> _Packed:
    gzipped = gzip.compress(script.body, compresslevel=9, mtime=0)
    return _Packed(script.body, gzipped, script.digest[:32], FOR_EVER if script.is_pinned else FRESH)


def _answer(packed: _Packed) -> Response:
    is_gzipped = request.accept_encodings["gzip"] > 0
    response = Response(packed.gzipped if is_gzipped else packed.plain, mimetype="text/javascript")
    if is_gzipped:
        response.content_encoding = "gzip"
    # Two representations, two tags: a strong ETag names bytes.
    response.set_etag(f"{packed.digest}-gz" if is_gzipped else packed.digest)
    response.headers["Cache-Control"] = packed.caching
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.vary.add("Accept-Encoding")
    response.make_conditional(request)
    return response
