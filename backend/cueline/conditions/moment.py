"""When a condition is asked, and whose calendar counts: what operators on dates compare with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from cueline.conditions.values import instant_of

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LENGTH_OF_A_DAY: Final = len("2026-11-23")


class Moment:
    """Now, in milliseconds since 1970, and the user's time zone: the one he has, else that of the workspace.

    `zone_name`: the user property `timezone`, whatever is in it; `default` counts where that is no zone.
    """

    __slots__ = ("_default", "_zone", "_zone_name", "now_ms")

    def __init__(self, now_ms: int, *, zone_name: object = None, default: tzinfo = UTC) -> None:
        self.now_ms = now_ms
        self._zone_name = zone_name
        self._default = default
        self._zone: tzinfo | None = None

    @property
    def zone(self) -> tzinfo:
        """Looked up when the first operator asks: few do."""
        if self._zone is None:
            self._zone = zone_of(self._zone_name) or self._default
        return self._zone

    @property
    def now_us(self) -> int:
        return self.now_ms * 1000

    def today(self) -> date:
        return (_EPOCH + timedelta(milliseconds=self.now_ms)).astimezone(self.zone).date()

    def day_of(self, found: object) -> date | None:
        """The calendar day of a date in text: a day without a time is that day everywhere. None for no date."""
        instant = instant_of(found)
        if instant is None:
            return None
        if len(str(found)) == _LENGTH_OF_A_DAY:
            return date.fromisoformat(str(found))
        try:
            return (_EPOCH + timedelta(microseconds=instant)).astimezone(self.zone).date()
        except OverflowError:  # an hour before the year 1 or after the year 9999
            return None


def zone_of(name: object) -> tzinfo | None:
    """The zone of an IANA name like Europe/Rome; None for anything else."""
    return _zone_of(name) if isinstance(name, str) and name else None


@lru_cache(maxsize=1024)
def _zone_of(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name of a file, a folder of zones
        return None
