import threading

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from cueline.store.migrate import current_revision, upgrade, wanted_revision
from cueline.store.session import open_engine
from cueline.store.tables import metadata


def test_the_migrations_make_exactly_the_tables_of_the_code(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_partial_indexes_are_partial(engine: Engine) -> None:
    found = {i["name"]: i for i in inspect(engine).get_indexes("events")}
    options = found["ix_events_held"].get("dialect_options", {})
    assert any("where" in name for name in options)


def test_a_second_upgrade_changes_nothing(engine: Engine) -> None:
    upgrade(engine)
    assert current_revision(engine) == wanted_revision()


def test_two_upgrades_at_once_both_end_well(database_url: str) -> None:
    failures: list[Exception] = []

    def run() -> None:
        try:
            upgrade(open_engine(database_url))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert current_revision(open_engine(database_url)) == wanted_revision()
