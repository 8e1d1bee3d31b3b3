"""SQL: does it answer, can it be written to, has it our tables, and what waits in it?"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from cueline.checks.check import FAIL, NOTE, OK, WARN, Check, Level, Site, seconds, shown, some
from cueline.checks.place import is_public
from cueline.config import Settings
from cueline.store import dead_letters, keys, workspaces
from cueline.store.migrate import current_revision, is_known, wanted_revision
from cueline.store.session import is_postgresql, reading, writing

LATE_MS: Final = 60_000
STUCK_MS: Final = 600_000
_LONG_S: Final = 60

_URL: Final = "CUELINE_DATABASE_URL"
_LOCKED: Final = ("locked", "busy")
_FULL: Final = ("disk is full", "database or disk is full", "no space left", "could not extend file")
_READ_ONLY: Final = ("readonly", "read-only")
_REFUSED: Final = ("password authentication failed", "role ", "no pg_hba.conf entry", "permission denied")
_UNREADY: Final = ("no such table", "no such column", "does not exist")

# The values stand in the text because SQLite takes a partial index for nothing else.
_LATE: Final = text(
    "SELECT count(*) AS n, min(due_ms) AS oldest FROM deliveries WHERE state IN ('pending', 'sending') "
    "AND due_ms < :before AND (lease_until_ms IS NULL OR lease_until_ms < :now)"
)
_UNREACHABLE: Final = text(
    "SELECT count(*) AS n, max(reason) AS reason FROM deliveries WHERE state IN ('pending', 'sending') "
    "AND reason LIKE 'unreachable%'"
)
_WAITING: Final = text(
    "SELECT count(*) AS n, coalesce(max(extract(epoch FROM now() - query_start)), 0) AS longest FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock' AND now() - query_start > interval '5 seconds'"
)
_IDLE: Final = text(
    "SELECT count(*) AS n, coalesce(max(extract(epoch FROM now() - xact_start)), 0) AS longest, "
    "coalesce(min(pid), 0) AS pid FROM pg_stat_activity WHERE datname = current_database() "
    "AND state = 'idle in transaction' AND now() - xact_start > interval '60 seconds'"
)


def look(site: Site) -> list[Check]:
    """What needs tables is looked at only where the tables are. Raises SQLAlchemyError, CuelineError."""
    with site.engine() as engine:
        migrations = _migrations(engine)
        found = [_writes(engine, site.settings), migrations]
        if migrations.level != OK:
            return found
        with reading(engine) as connection:
            now_ms = site.clock.now_ms()
            return [
                *found,
                *(_locks(connection) if is_postgresql(connection) else []),
                _workspace(connection),
                *_trust(connection, site.settings),
                _dead_letters(connection),
                *_deliveries(connection, now_ms),
            ]


def away(error: SQLAlchemyError) -> Check:
    """What an error of the database's means."""
    said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    for signs, found, advice in _REASONS:
        if any(sign in said.lower() for sign in signs):
            return Check("SQL", FAIL, found, advice, said)
    found = f"the SQL database does not answer ({type(error).__name__}): nothing is lost, all waits in Redis"
    return Check("SQL", FAIL, found, f"Check {_URL}, and that it runs.", said)


_REASONS: Final = (
    (
        _LOCKED,
        "the SQL database is locked by somebody else: nothing is lost, all waits in Redis",
        "End whatever holds it: a backup, an open `sqlite3`, a migration. On SQLite only one can write at a time.",
    ),
    (
        _FULL,
        "the SQL database's disk is full: nothing is lost, all waits in Redis",
        "Free space there; it goes on by itself.",
    ),
    (
        _READ_ONLY,
        "the SQL database can only be read: nothing is lost, all waits in Redis",
        f"Let {_URL} lead to the primary, or give our user the right to write to its files.",
    ),
    (_REFUSED, "the SQL database refuses our user", f"Check user, password and rights in {_URL}."),
    (_UNREADY, "the SQL database has not the tables of this release", "Run `cueline db upgrade`."),
)


def _writes(engine: Engine, settings: Settings) -> Check:
    """By taking the right to write, as each batch does, and giving it back."""
    with writing(engine) as connection:
        if is_postgresql(connection) and connection.scalar(text("SHOW transaction_read_only")) == "on":
            _, found, advice = _REASONS[2]
            return Check("SQL", FAIL, found, advice, shown(settings.sql_url()))
        name = "PostgreSQL" if is_postgresql(connection) else "SQLite"
    return Check("SQL", OK, name, where=shown(settings.sql_url()))


def _migrations(engine: Engine) -> Check:
    current, wanted = current_revision(engine), wanted_revision()
    if current == wanted:
        return Check("Migrations", OK, f"at {wanted}")
    if not is_known(current):
        found = f"at {current}, of a newer release than this one, which knows up to {wanted}"
        return Check("Migrations", FAIL, found, "Install the release that made them; there is no way back down.")
    found = f"at {current}, this release wants {wanted}" if current else "the database has no tables yet"
    return Check("Migrations", FAIL, found, "Run `cueline db upgrade`.")


def _locks(connection: Connection) -> list[Check]:
    """PostgreSQL: who waits for whom."""
    waiting, idle = connection.execute(_WAITING).one(), connection.execute(_IDLE).one()
    found = []
    if waiting.n:
        told = f"{some(waiting.n, 'statement waits', 'statements wait')} for a lock, for {waiting.longest:.0f} s"
        advice = "`SELECT pid, pg_blocking_pids(pid), query FROM pg_stat_activity` says for whom."
        found.append(Check("SQL locks", WARN, told, advice))
    if idle.n:
        told = f"{some(idle.n, 'transaction is', 'transactions are')} open and idle for {idle.longest:.0f} s"
        advice = (
            f"End it: `SELECT pg_terminate_backend({idle.pid})`; it holds locks and keeps the tables from cleaning up."
        )
        found.append(Check("SQL locks", WARN, told, advice))
    return found


def _workspace(connection: Connection) -> Check:
    workspace = workspaces.first(connection)
    if workspace is None:
        return Check("Workspace", FAIL, "there is none", "Run `cueline db upgrade`: it makes the first one.")
    kinds = {row.kind for row in keys.list_(connection, workspace.id) if row.revoked_ms is None}
    missing = [kind for kind in (keys.WRITE, keys.SECRET) if kind not in kinds]
    if missing:
        advice = " and ".join(f"`cueline keys create {kind}`" for kind in missing)
        return Check("Workspace", WARN, f"no {' and no '.join(missing)} key", f"Run {advice}.")
    return Check("Workspace", OK, f"`{workspace.name}`")


def _trust(connection: Connection, settings: Settings) -> list[Check]:
    """Whom the workspace believes. What is good for trying only warns where others than this machine can come in."""
    workspace = workspaces.first(connection)
    if workspace is None:
        return []
    level: Level = WARN if is_public(settings) else NOTE
    return [_identity(workspace.identity_mode, level), _origins(workspace.origins, level)]


def _identity(mode: str, level: Level) -> Check:
    if mode != "off":
        return Check("Identity", OK, mode)
    advice = "`cueline workspace set --identity warn`, then `enforce` when your pages have the hash (docs/running.md)."
    return Check("Identity", level, "off: a page's word for who the user is counts", advice)


def _origins(origins: list[str], level: Level) -> Check:
    if "*" not in origins:
        return Check("Origins", OK, ", ".join(origins))
    advice = "`cueline workspace set --origin https://…` for each site with your pages."
    return Check("Origins", level, "*: pages of every site may report", advice)


def _dead_letters(connection: Connection) -> Check:
    count = dead_letters.count_open(connection)
    if not count:
        return Check("Dead letters", OK, "none")
    advice = "`cueline dead-letters list` shows why; fix the cause or the event, then `cueline dead-letters replay`."
    return Check("Dead letters", WARN, f"{some(count, 'event', 'events')} could not be handled", advice)


def _deliveries(connection: Connection, now_ms: int) -> list[Check]:
    late = connection.execute(_LATE, {"before": now_ms - LATE_MS, "now": now_ms}).one()
    put_off = connection.execute(_UNREACHABLE).one()
    found = []
    if late.n:
        waiting_ms = now_ms - int(late.oldest)
        told = f"{some(late.n, 'mail is', 'mails are')} overdue, the oldest for {seconds(waiting_ms)}"
        level: Level = FAIL if waiting_ms >= STUCK_MS else WARN
        found.append(Check("Deliveries", level, told, "Start `cueline worker --deliver 2`, and look at its log."))
    if put_off.n:
        why = str(put_off.reason).partition(":")[2].strip()
        told = f"{some(put_off.n, 'mail waits', 'mails wait')} for the mail server: {why}"
        found.append(Check("Deliveries", WARN, told, "Check CUELINE_SMTP_URL; they are tried again by themselves."))
    return found or [Check("Deliveries", OK, "nothing is overdue")]
