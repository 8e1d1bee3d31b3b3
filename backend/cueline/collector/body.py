"""The body of a request, read no further than it may be long."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from wsgiref.types import InputStream, WSGIEnvironment

from cueline.errors import HttpError
from cueline.intake.limits import MAX_COLLECT_BYTES

_TYPES: Final = ("text/plain", "application/json")


def read_body(environ: WSGIEnvironment) -> bytes:
    """Raises HttpError: 400, 411, 413 or 415."""
    if "HTTP_CONTENT_ENCODING" in environ:
        _check_encoding(environ["HTTP_CONTENT_ENCODING"])
    if not _is_taken(environ.get("CONTENT_TYPE", "")):
        raise HttpError(415, "unsupported_type", "Send Content-Type: text/plain or application/json.")
    length = _declared_length(environ)
    if length is None:
        return _read_to_end(environ["wsgi.input"])
    if length > MAX_COLLECT_BYTES:
        raise _too_large()
    body = _read(environ["wsgi.input"], length)
    if len(body) < length:
        raise HttpError(400, "incomplete_body", f"{len(body)} bytes came of the {length} that were announced.")
    return body


def _check_encoding(encoding: str) -> None:
    if encoding.lower() not in ("", "identity"):
        raise HttpError(415, "unsupported_encoding", "Send the body as it is, without Content-Encoding.")


@lru_cache(maxsize=100)
def _is_taken(media: str) -> bool:
    return media.partition(";")[0].strip().lower() in _TYPES


def _declared_length(environ: WSGIEnvironment) -> int | None:
    """None: as long as it goes on, which only a server that ends the input may leave open."""
    declared = environ.get("CONTENT_LENGTH", "")
    # A chunked body has no length, whatever the server puts there.
    if "HTTP_TRANSFER_ENCODING" in environ or declared == "":
        if environ.get("wsgi.input_terminated"):
            return None
        raise HttpError(411, "length_required", "Send Content-Length.")
    if not declared.isascii() or not declared.isdigit() or len(declared) > 18:
        raise HttpError(400, "bad_length", "Content-Length must be a whole number of bytes.")
    return int(declared)


def _read_to_end(stream: InputStream) -> bytes:
    body = _read(stream, MAX_COLLECT_BYTES + 1)
    if len(body) > MAX_COLLECT_BYTES:
        raise _too_large()
    return body


def _read(stream: InputStream, length: int) -> bytes:
    try:
        body = stream.read(length)
        # One read may give less than there is.
        while len(body) < length and (more := stream.read(length - len(body))):
            body += more
    except OSError as error:
        raise HttpError(400, "incomplete_body", "The connection broke off within the body.") from error
    return body


def _too_large() -> HttpError:
    return HttpError(413, "too_large", f"The body is over {MAX_COLLECT_BYTES // 1024} KiB. Send fewer events at once.")
