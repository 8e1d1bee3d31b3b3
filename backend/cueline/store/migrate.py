"""Bring the schema to this release's."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from cueline.errors import CuelineError
from cueline.store.session import is_postgresql, writing

# Any number, as long as it is ours alone: two `db upgrade` at once wait for each other.
_ADVISORY_LOCK = 7_243_019_553


def upgrade(engine: Engine) -> None:
    """Runs what is missing, in one transaction, safe against a second upgrade at once. Raises CuelineError."""
    with writing(engine) as connection:
        if is_postgresql(connection):
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        current = MigrationContext.configure(connection).get_current_revision()
        if not is_known(current):
            raise CuelineError(
                f"The tables are of a newer release (at {current}; this one knows up to {wanted_revision()}). "
                "Install that release."
            )
        command.upgrade(_config(connection), "head")


def wanted_revision() -> str | None:
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def is_known(revision: str | None) -> bool:
    """Whether this release or one before it made these tables, or nobody did."""
    known = {script.revision for script in ScriptDirectory.from_config(_config(None)).walk_revisions()}
    return revision is None or revision in known


def current_revision(engine: Engine) -> str | None:
    """None on an empty database."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
