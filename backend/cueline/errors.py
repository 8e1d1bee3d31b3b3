"""The one tree of errors. A message says what was wrong, with the value, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class CuelineError(Exception):
    """Anything Cueline says no to. `code` is stable (wire, metrics); `message` is for people."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class ConfigError(CuelineError):
    """A setting that cannot be used; the message names the variable."""

    code = "bad_setting"


class HttpError(CuelineError):
    """A refusal at a door, with its HTTP status and, where a repeat may help, Retry-After in seconds."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        retry_after_s: int | None = None,
        errors: Any = None,
    ) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.retry_after_s = retry_after_s
        self.errors = errors

    def body(self) -> dict[str, Any]:
        """The error body of every door: {"code", "message", "errors"?}."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.errors is not None:
            body["errors"] = self.errors
        return body


class Unavailable(CuelineError):
    """A store (Redis or SQL) did not answer; repeating later may help and is harmless."""

    code = "unavailable"


class Full(Unavailable):
    """A partition holds as many waiting entries as it may (CUELINE_STREAM_MAX), or Redis is nearly out of memory."""

    code = "backlog_full"


class RateLimited(CuelineError):
    """A token bucket is empty. `kind`: whose (`key`, `address` or `visitor`)."""

    code = "rate_limited"

    def __init__(self, kind: str, retry_after_s: int) -> None:
        super().__init__(f"Too many events for this {kind}. Repeat in {retry_after_s} s.")
        self.kind = kind
        self.retry_after_s = retry_after_s


class EventRefused(CuelineError):
    """One event that a door does not take. `field`: where, as in `payload.amount`."""

    def __init__(self, code: str, message: str, *, field: str | None = None) -> None:
        super().__init__(message, code=code)
        self.field = field


class LeaseLost(CuelineError):
    """Another drain owns the partition now; the batch must not commit."""

    code = "lease_lost"


class NotFound(CuelineError):
    code = "not_found"


class DeliveryError(CuelineError):
    """A try that failed. `permanent` decides whether it is tried again."""

    code = "delivery_failed"

    def __init__(self, message: str, *, permanent: bool, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding in a document. `path` as in `campaigns[0].where.all[1].op`; `allowed` lists what would fit."""

    level: str  # "error" | "warning"
    path: str
    code: str
    message: str
    value: Any = None
    allowed: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "level": self.level,
            "path": self.path,
            "code": self.code,
            "message": self.message,
            "value": self.value,
        }
        if self.allowed:
            found["allowed"] = list(self.allowed)
        return found


class DocumentError(CuelineError):
    """A campaign document with at least one error among its problems."""

    code = "invalid_document"

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        errors = [p for p in problems if p.level == "error"]
        super().__init__("; ".join(f"{p.path}: {p.message}" for p in errors[:5]))
