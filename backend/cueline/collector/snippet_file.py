"""`GET /v1/cueline.js`: the snippet's core, as pages load it."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from flask import Blueprint, Response, request

blueprint = Blueprint("snippet_file", __name__)


@dataclass(frozen=True, slots=True)
class _Built:
    """The built file, read and compressed once per process."""

    plain: bytes
    gzipped: bytes
    digest: str


@blueprint.get("/v1/cueline.js")
def core() -> Response:
    built = _built()
    is_gzipped = request.accept_encodings["gzip"] > 0
    response = Response(built.gzipped if is_gzipped else built.plain, mimetype="text/javascript")
    if is_gzipped:
        response.content_encoding = "gzip"
    # Two representations, two tags: a strong ETag names bytes.
    response.set_etag(f"{built.digest}-gz" if is_gzipped else built.digest)
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.vary.add("Accept-Encoding")
    response.make_conditional(request)
    return response


@cache
def _built() -> _Built:
    plain = files("cueline").joinpath("static/cueline.js").read_bytes()
    gzipped = gzip.compress(plain, compresslevel=9, mtime=0)
    return _Built(plain=plain, gzipped=gzipped, digest=hashlib.sha256(plain).hexdigest()[:32])
