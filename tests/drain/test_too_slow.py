"""What is too slow for PostgreSQL's time limit is tried entry by entry and again, and blocks nothing for ever."""

import pytest
from sqlalchemy import text

from cueline import events
from cueline.store import dead_letters
from cueline.store.session import reading, writing
from tests.drain.pipe import Pipe

pytestmark = [
    pytest.mark.redis,
    pytest.mark.postgres,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]


def run_into_the_limit(pipe: Pipe, *, times: int) -> None:
    """The first times that an event with the action `Slow` is written, a trigger ends as the time limit does."""
    with writing(pipe.engine) as connection:
        connection.execute(text("CREATE SEQUENCE tries"))  # what it counted stays counted after a rollback
        connection.execute(
            text(
                f"""CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF NEW.action = 'Slow' AND NEW.status <> 'dead' AND nextval('tries') <= {times} THEN
                  RAISE EXCEPTION 'canceling statement due to statement timeout' USING ERRCODE = '57014';
                END IF; RETURN NEW; END $$"""
            )
        )
        connection.execute(text("CREATE TRIGGER slow BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION slow()"))


def letters(pipe: Pipe) -> int:
    with reading(pipe.engine) as connection:
        return len(dead_letters.page(connection))


def test_an_event_that_is_always_too_slow_becomes_a_dead_letter_and_the_others_go_on(pipe: Pipe) -> None:
    run_into_the_limit(pipe, times=1_000)
    for name in ("A", "Slow", "B"):
        pipe.action(name)
    pipe.drain()
    assert pipe.rows("events", "action", status=events.UNMATCHED) == ["A", "B"]
    assert letters(pipe) == 1


def test_a_bad_moment_of_the_database_costs_no_event(pipe: Pipe) -> None:
    run_into_the_limit(pipe, times=2)
    pipe.action("Slow")
    pipe.drain()
    assert pipe.rows("events", "action", "status") == [("Slow", events.UNMATCHED)]
    assert letters(pipe) == 0
