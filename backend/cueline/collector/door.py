"""The hot door: `POST /v1/collect` as plain WSGI, in front of the Flask app that answers everything else."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import msgspec
from redis import Redis

from cueline.clock import Clock
from cueline.collector.address import client_address
from cueline.collector.body import read_body
from cueline.collector.collect import Collector
from cueline.config import Settings
from cueline.errors import HttpError, RateLimited, Unavailable
from cueline.intake.access import AccessBook
from cueline.intake.refusals import to_http
from cueline.logs import Log
from cueline.streams.caller import wire_to
from cueline.streams.room import Room
from cueline.streams.stats import Stats

PATH: Final = "/v1/collect"

_log = Log(__name__)

Headers = list[tuple[str, str]]

# A page that cannot read an error repeats for days: so every answer may be read by every page.
_CORS: Final = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "Retry-After"))
_PREFLIGHT: Final = (
    ("Access-Control-Allow-Methods", "POST, OPTIONS"),
    ("Access-Control-Allow-Headers", "Content-Type"),
    ("Access-Control-Max-Age", "86400"),
)
_REASONS: Final = {
    202: "Accepted",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    405: "Method Not Allowed",
    411: "Length Required",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_STATUS: Final = {status: f"{status} {reason}" for status, reason in _REASONS.items()}
_JSON: Final = ("Content-Type", "application/json")
_encode: Final = msgspec.json.Encoder().encode


class Door:
    """A WSGI app: collects at `/v1/collect` and where CUELINE_COLLECT_PATH says, passes on everything else."""

    def __init__(
        self,
        app: WSGIApplication,
        *,
        book: AccessBook,
        redis: Redis,
        settings: Settings,
        clock: Clock,
        stats: Stats,
        room: Room | None = None,
    ) -> None:
        self._app = app
        self._collector = Collector(book, wire_to(redis), settings, clock, stats, room)
        self._trusted_proxies = settings.trusted_proxies
        self._path = settings.collect_path
        self._stats = stats
        self._next_warning = 0.0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path != PATH and path != self._path:  # noqa: PLR1714 - half the time of a search in a pair
            return self._app(environ, start_response)
        method = environ["REQUEST_METHOD"]
        if method == "POST":
            return self._post(environ, start_response)
        if method == "OPTIONS":
            start_response("204 No Content", [*_CORS, *_PREFLIGHT])
            return []
        refusal = HttpError(405, "method_not_allowed", "Events are sent by POST.")
        return _send(start_response, 405, refusal.body(), [("Allow", "POST, OPTIONS")], is_head=method == "HEAD")

    def _post(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            answer = self._collector.take(
                read_body(environ),
                origin=environ.get("HTTP_ORIGIN"),
                address=client_address(environ, self._trusted_proxies),
            )
        except HttpError as error:
            return self._refuse(start_response, error)
        except (RateLimited, Unavailable) as error:
            return self._refuse(start_response, to_http(error), cause=error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the page gets an answer
            _log.fault("collect failed", error)
            return self._refuse(start_response, HttpError(500, "internal_error", "Something broke on our side."))
        if answer["rejected"]:
            _log.often(
                "events rejected", door="collect", count=len(answer["rejected"]), code=answer["rejected"][0]["code"]
            )
        return _send(start_response, 202, answer, [])

    def _refuse(
        self, start_response: StartResponse, error: HttpError, *, cause: Exception | None = None
    ) -> Iterable[bytes]:
        self._stats.count("requests_refused_total", door="collect", code=error.code)
        if isinstance(cause, RateLimited):
            self._stats.count("rate_limited_total", door="collect", kind=cause.kind)
        if error.status == 503:
            self._warn(error, cause or error)
        else:
            _log.often("request refused", door="collect", status=error.status, code=error.code)
        headers = [] if error.retry_after_s is None else [("Retry-After", str(error.retry_after_s))]
        return _send(start_response, error.status, error.body(), headers)

    def _warn(self, error: HttpError, cause: Exception) -> None:
        """One line a second, however many requests fail."""
        now = time.monotonic()
        if now >= self._next_warning:
            self._next_warning = now + 1
            why = str(cause.__cause__ or "").partition("\n")[0]
            _log.warning("collect answers 503", said=error.message, error=why)


def _send(
    start_response: StartResponse, status: int, body: dict[str, Any], headers: Headers, *, is_head: bool = False
) -> Iterable[bytes]:
    data = _encode(body)
    start_response(_STATUS[status], [*_CORS, _JSON, ("Content-Length", str(len(data))), *headers])
    return [] if is_head else [data]
