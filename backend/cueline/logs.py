"""What processes say: one line per outcome, as text or JSON, with ids and without what is nobody's business.

A line is a few plain words and fields: `log.info("delivery closed", delivery=7, state="sent")`. Fields are ids, codes,
numbers and names; payloads, addresses and texts of mails stay out. Should one slip in by an error's message, keys,
passwords in addresses and mail addresses are masked on the way out, and a traceback names types and lines only.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final, TextIO

from cueline.clock import to_iso
from cueline.config import load

TEXT: Final = "text"
JSON: Final = "json"
FORMATS: Final = (TEXT, JSON)

EVERY_S: Final = 10.0
_LONGEST: Final = 600
_MOST_REMEMBERED: Final = 1_000
_DEEPEST: Final = 12
# Of other packages, what they tell below a warning is noise.
_CHATTY: Final = ("rq", "rq.worker", "sqlalchemy", "alembic", "asyncio")
_MASK: Final = "•••"
_CREDENTIALS: Final = re.compile(r"://[^/\s@]+@")
_KEY: Final = re.compile(r"\b([ws]k_)[\w-]+")
_MAIL: Final = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_PLAIN: Final = re.compile(r"[^\s\"=]+")


class Log:
    """The log of one module. Warnings and faults that repeat are written every 10 s, with their number."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def is_debugging(self) -> bool:
        return self._logger.isEnabledFor(logging.DEBUG)

    def debug(self, what: str, /, **fields: object) -> None:
        self._write(logging.DEBUG, what, fields)

    def info(self, what: str, /, **fields: object) -> None:
        """An outcome: each one is written."""
        self._write(logging.INFO, what, fields)

    def often(self, what: str, /, **fields: object) -> None:
        """An outcome that a stranger can bring about as often as he likes, so written as seldom as a warning."""
        self._write(logging.INFO, what, fields, limit=what)

    def warning(self, what: str, /, **fields: object) -> None:
        self._write(logging.WARNING, what, fields, limit=what)

    def error(self, what: str, /, **fields: object) -> None:
        """An outcome that somebody must look at: each one is written."""
        self._write(logging.ERROR, what, fields)

    def fault(self, what: str, /, error: BaseException, **fields: object) -> None:
        """A fault of ours, with its traceback."""
        self._write(logging.ERROR, what, fields, limit=f"{what} {type(error).__name__}", error=error)

    def _write(
        self,
        level: int,
        what: str,
        fields: dict[str, object],
        *,
        limit: str | None = None,
        error: BaseException | None = None,
    ) -> None:
        if not self._logger.isEnabledFor(level):
            return
        # The words whole, for handlers that are not ours.
        line = " ".join([what, *_pairs(fields)])
        self._logger.log(level, line, exc_info=error, extra={"what": what, "fields": fields, "limit": limit})


def said(error: BaseException) -> str:
    """An error in one line: its type and its first line. Those after it, of a database's error, quote the row."""
    cause = getattr(error, "orig", None) or error
    words = str(cause).strip().partition("\n")[0]
    return f"{type(cause).__name__}: {words}" if words else type(cause).__name__


def configure(style: str, level: str) -> None:
    """Let this process write to stderr. A second call changes style and level, and adds no second handler."""
    root = logging.getLogger()
    for handler in [found for found in root.handlers if isinstance(found, _Stderr)]:
        root.removeHandler(handler)
    handler = _Stderr()
    handler.setFormatter(formatter(style))
    handler.addFilter(Seldom())
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def in_force() -> logging.Formatter:
    """For whoever sets up logging of his own: the form that the settings name."""
    return formatter(load().log_format)


def formatter(style: str) -> logging.Formatter:
    return JsonLines() if style == JSON else TextLines()


class _Stderr(logging.StreamHandler[TextIO]):
    """To whatever stderr is when the line is written."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


class Seldom(logging.Filter):
    """What repeats passes once in 10 s; the next line says how many there were in between."""

    def __init__(self, *, every_s: float = EVERY_S) -> None:
        super().__init__()
        self._every_s = every_s
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], list[float]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        limit = _limit_of(record)
        if limit is None:
            return True
        now = time.monotonic()
        with self._lock:
            if len(self._seen) > _MOST_REMEMBERED:
                self._seen.clear()
            last = self._seen.setdefault((record.name, limit), [float("-inf"), 0])
            if now - last[0] < self._every_s:
                last[1] += 1
                return False
            record.repeated, last[0], last[1] = int(last[1]), now, 0
        return True


def _limit_of(record: logging.LogRecord) -> str | None:
    """Lines of ours say it themselves; of other packages, warnings and worse are limited by their wording."""
    if hasattr(record, "what"):
        limit: str | None = record.limit  # type: ignore[attr-defined]
        return limit
    return str(record.msg) if record.levelno >= logging.WARNING else None


class TextLines(logging.Formatter):
    """`2026-11-23T17:21:45.123Z warning drain waits error="…"`"""

    def format(self, record: logging.LogRecord) -> str:
        fields = _fields_of(record)
        at = to_iso(int(record.created * 1000))
        return " ".join([str(at), f"{record.levelname.lower():<7}", _what_of(record), *_pairs(fields)])


class JsonLines(logging.Formatter):
    """One JSON object per line: at, level, what, logger, pid, and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": to_iso(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "what": _what_of(record),
            "logger": record.name,
            "pid": os.getpid(),
        }
        fields = {name: _value(value) for name, value in _fields_of(record).items()}
        return json.dumps(fields | line, ensure_ascii=False)


def _what_of(record: logging.LogRecord) -> str:
    return scrubbed(str(getattr(record, "what", "") or record.getMessage()))


def _fields_of(record: logging.LogRecord) -> dict[str, object]:
    fields: dict[str, object] = dict(getattr(record, "fields", {}))
    if getattr(record, "repeated", 0):
        fields["repeated"] = record.repeated  # type: ignore[attr-defined]
    if record.exc_info and record.exc_info[1] is not None:
        fields |= _traced(record.exc_info[1])
    return fields


def _traced(error: BaseException) -> dict[str, object]:
    """Types and lines. An error's own words may hold what it choked on: only `debug` shows them."""
    is_debugging = logging.getLogger().isEnabledFor(logging.DEBUG)
    told = said(error) if is_debugging else type(error).__name__
    return {"error": told, "trace": " < ".join(_places(error))}


def _places(error: BaseException) -> list[str]:
    places, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[::-1][:_DEEPEST]


def _pairs(fields: dict[str, object]) -> list[str]:
    return [f"{name}={_quoted(_value(value))}" for name, value in fields.items() if value is not None]


def _quoted(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _value(value: object) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    return scrubbed(str(value))


def scrubbed(text: str) -> str:
    """On one line, not too long, without keys, passwords and mail addresses."""
    text = " ".join(text.split())
    text = _CREDENTIALS.sub(f"://{_MASK}@", text)
    text = _KEY.sub(rf"\1{_MASK}", text)
    text = _MAIL.sub(f"{_MASK}@{_MASK}", text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
