"""The real thing behind the snippet: collector, worker and clock, and what SQL says came of each action."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Row, select

from cueline.snippet import tag
from cueline.store import tables
from cueline.store.session import reading
from tests.conftest import free_port
from tests.e2e.stack import eventually
from tests.faults import sender
from tests.faults.house import House
from tests.faults.site import COUNTED, Site, running

WRITE_KEY: Final = "wk_faults"
# Each event of the action `Counted` gives its user a point: one effect. Its payload says which one it was: `name`.
CAMPAIGNS: Final = {"campaigns": [COUNTED]}


class Installation:
    """`url` is the collector's, the same over restarts. Nothing has an effect before its visitor has a user."""

    def __init__(self, site: Site) -> None:
        self.port = free_port()
        self.site = site
        self.house = House(site, port=self.port, drains=1)
        self.url = self.house.url
        self.tag = tag(self.url, WRITE_KEY)

    def stop(self) -> None:
        """kill -9 of the collector: whoever asks is refused a connection."""
        self.site.kill("web")

    def start(self) -> None:
        self.site.start_web(port=self.port)
        eventually(lambda: sender.is_up(self.url), 60)

    def effects(self) -> list[Row[tuple[str, str]]]:
        """`name` and `user` of each row of the ledger, in the order in which they were written."""
        joined = tables.ledger.join(tables.runs, tables.ledger.c.run_id == tables.runs.c.id)
        joined = joined.join(tables.events, tables.runs.c.event_id == tables.events.c.id)
        joined = joined.join(tables.users, tables.ledger.c.user_id == tables.users.c.id)
        name = tables.events.c.payload["name"].as_string().label("name")
        query = select(name, tables.users.c.ext_id.label("user")).select_from(joined).order_by(tables.ledger.c.id)
        with reading(self.site.engine) as connection:
            return list(connection.execute(query).all())

    def effects_of(self, user: str) -> list[str]:
        """The names, each as often as it had an effect."""
        return [row.name for row in self.effects() if row.user == user]

    def payloads(self, user: str, kind: str) -> list[dict[str, Any]]:
        """Of his events of this type, as they were received."""
        joined = tables.events.join(tables.users, tables.events.c.user_id == tables.users.c.id)
        query = select(tables.events.c.payload).select_from(joined)
        query = query.where(tables.users.c.ext_id == user, tables.events.c.type == kind).order_by(tables.events.c.id)
        with reading(self.site.engine) as connection:
            return list(connection.execute(query).scalars())

    def tags_of(self, user: str) -> list[str]:
        query = select(tables.users.c.tags).where(tables.users.c.ext_id == user)
        with reading(self.site.engine) as connection:
            return list(connection.execute(query).scalar() or [])

    def settled(self, user: str, *, at_least: int, seconds: float = 60) -> list[str]:
        """What has had an effect for him once all that was taken is drained."""
        eventually(lambda: len(self.effects_of(user)) >= at_least and self.site.waiting() == 0, seconds)
        return self.effects_of(user)

    def expect(self, user: str, names: Iterable[str], *, seconds: float = 60) -> None:
        """Each of them has had one effect for this user, and nothing else has, when all is drained."""
        wanted = set(names)
        eventually(lambda: set(self.effects_of(user)) >= wanted, seconds)
        eventually(lambda: self.site.waiting() == 0, seconds)
        assert sorted(self.effects_of(user)) == sorted(wanted)


@contextmanager
def installed(home: Path) -> Iterator[Installation]:
    site = Site(home, f"sqlite:///{home / 'cueline.db'}", CAMPAIGNS)
    with running(site):
        yield Installation(site)
