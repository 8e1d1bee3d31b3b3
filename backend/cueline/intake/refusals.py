"""From what the streams say to what a door answers."""

from __future__ import annotations

from typing import Final

from cueline.errors import Full, HttpError, RateLimited, Unavailable

RETRY_AFTER_S: Final = 5
# A full partition needs its drain, which takes longer than a hiccup.
RETRY_FULL_AFTER_S: Final = 15


def to_http(error: RateLimited | Unavailable) -> HttpError:
    """429 or 503, always with Retry-After."""
    if isinstance(error, RateLimited):
        return HttpError(429, error.code, error.message, retry_after_s=error.retry_after_s)
    retry_after_s = RETRY_FULL_AFTER_S if isinstance(error, Full) else RETRY_AFTER_S
    return HttpError(503, error.code, error.message, retry_after_s=retry_after_s)
