"""All checks, in parts that fail by themselves: for `cueline doctor` at once, for the status page again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from cueline.checks import pipe, place, redis, sql
from cueline.checks.check import FAIL, Check, Site
from cueline.errors import CuelineError
from cueline.logs import Log

_log = Log(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """Checks that stand and fall together. `every_s`: how often a page that is looked at asks for them anew.

    `is_patient`: it takes its time and ends by itself; until then, what it said before counts.
    """

    name: str
    look: Callable[[Site], list[Check]]
    every_s: float
    is_patient: bool = False


PARTS: Final = (
    Part("Redis", redis.look, 1),
    Part("Redis", pipe.look, 1),
    Part("RQ's Redis", redis.look_at_queues, 5),
    Part("Deliver", pipe.look_at_deliver, 5),
    Part("Clocks", pipe.look_at_clocks, 30),
    Part("Partitions", pipe.look_beyond, 30),
    Part("SQL", sql.look, 2),
    Part("Data directory", place.look_at_folders, 30),
    Part("Mail", place.look_at_mail, 300, is_patient=True),
    Part("Public address", place.look_at_address, 300),
)
DOCTOR_S: Final = 20.0
PAGE_S: Final = 2.0


class Examiner:
    """Looks at one site, from any number of threads. Nobody waits longer than `within_s` for a store that hangs."""

    def __init__(self, site: Site, *, within_s: float, parts: Sequence[Part] = PARTS) -> None:
        self._parts = [_Looked(part, site, within_s) for part in parts]

    def all(self) -> list[Check]:
        """Each finding once: a store that is away fails in several parts."""
        looks = [part.start() for part in self._parts]
        found = [check for part, look in zip(self._parts, looks, strict=True) for check in part.said(look)]
        return list({_finding(check): check for check in reversed(found)}.values())[::-1]


def _finding(check: Check) -> tuple[str, str]:
    """That a store is away is one finding, however long each part had waited for it."""
    away = f"{check.name} does not answer"
    return check.name, away if check.found.startswith(away) else check.found


class _Look:
    """One look, in a thread that nobody has to wait for, not even the process at its end."""

    def __init__(self, part: Part, site: Site) -> None:
        self.began_s = time.monotonic()
        self.found: list[Check] = []
        self.done = threading.Event()
        threading.Thread(target=self._run, args=(part, site), name="check", daemon=True).start()

    def _run(self, part: Part, site: Site) -> None:
        try:
            self.found = _checks(part, site)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not look like health
            _log.fault("a check failed", error, part=part.name)
            self.found = [
                Check(part.name, FAIL, f"could not be checked ({type(error).__name__})", "The log says more.")
            ]
        finally:
            self.done.set()


class _Looked:
    """A part, with its last look."""

    def __init__(self, part: Part, site: Site, within_s: float) -> None:
        self._part = part
        self._site = site
        self._within_s = within_s
        self._lock = threading.Lock()
        self._last: _Look | None = None
        self._said: list[Check] = []

    def start(self) -> _Look:
        """The look that is under way or fresh enough, else a new one."""
        with self._lock:
            look = self._last
            if look is None or (look.done.is_set() and time.monotonic() - look.began_s >= self._part.every_s):
                look = self._last = _Look(self._part, self._site)
            return look

    def said(self, look: _Look) -> list[Check]:
        """What it finds; once it is overdue, that it does not answer."""
        if look.done.wait(max(0.0, look.began_s + self._within_s - time.monotonic())):
            self._said = look.found
        elif not self._part.is_patient:
            found = f"{self._part.name} does not answer within {self._within_s:g} s"
            return [Check(self._part.name, FAIL, found, "It hangs or is overloaded: look at its host and its log.")]
        return self._said


def _checks(part: Part, site: Site) -> list[Check]:
    try:
        return part.look(site)
    except RedisError as error:
        is_queues = part.name not in ("Redis", "Clocks", "Partitions")
        if is_queues and site.settings.rq_redis_url:
            return [redis.refused("RQ's Redis", error, url="CUELINE_RQ_REDIS_URL")]
        return [redis.refused("Redis", error)]
    except SQLAlchemyError as error:
        return [sql.away(error)]
    except CuelineError as error:
        return [Check(part.name, FAIL, error.message)]
