"""An entry that cannot be handled never blocks its partition; it can be seen and replayed."""

import msgspec
import pytest
from sqlalchemy import text

from cueline import events
from cueline.deadletters.letter import event_of
from cueline.deadletters.replay import replay
from cueline.errors import CuelineError
from cueline.store import dead_letters
from cueline.store.session import is_postgresql, reading, writing
from cueline.streams import keys
from cueline.streams.entry import encode
from tests.drain.pipe import Pipe


def letters(pipe: Pipe) -> list[dead_letters.DeadLetter]:
    with reading(pipe.engine) as connection:
        return dead_letters.page(connection)


def break_rule(pipe: Pipe) -> None:
    """A trigger in SQL refuses any event with the action `Poison`: a cause that can be mended."""
    with writing(pipe.engine) as connection:
        if is_postgresql(connection):
            connection.execute(text("ALTER TABLE events ADD CONSTRAINT broken CHECK (action <> 'Poison')"))
            return
        connection.execute(
            text(
                "CREATE TRIGGER broken BEFORE INSERT ON events WHEN NEW.action = 'Poison' AND NEW.status <> 'dead' "
                "BEGIN SELECT RAISE(ABORT, 'broken'); END"
            )
        )


def mend_rule(pipe: Pipe) -> None:
    with writing(pipe.engine) as connection:
        on = "ALTER TABLE events DROP CONSTRAINT broken" if is_postgresql(connection) else "DROP TRIGGER broken"
        connection.execute(text(on))


def test_the_others_of_the_batch_go_on_in_order(pipe: Pipe) -> None:
    break_rule(pipe)
    for name in ("A", "Poison", "B"):
        pipe.action(name)
    pipe.drain()
    found = pipe.rows("events", "action", status=events.UNMATCHED)
    assert found == ["A", "B"]
    assert len(letters(pipe)) == 1
    assert pipe.redis.xlen(keys.stream(keys.partition_of(1, "ada", 2))) == 0


def test_a_replay_after_the_mending_is_handled_once_and_only_once(pipe: Pipe) -> None:
    points = {"key": "p", "kind": "rule", "trigger": {"action": "Poison"}, "entry": {"limit": 9}, "do": [{"points": 1}]}
    pipe.apply(campaigns=[points])
    break_rule(pipe)
    pipe.action("Poison")
    pipe.drain()
    mend_rule(pipe)
    letter = letters(pipe)[0]
    replay(pipe.redis, pipe.engine, letter.id, settings=pipe.settings, clock=pipe.clock)
    with pytest.raises(CuelineError, match="replayed already"):
        replay(pipe.redis, pipe.engine, letter.id, settings=pipe.settings, clock=pipe.clock)
    pipe.drain()
    assert pipe.rows("events", "status") == [events.MATCHED]
    assert pipe.rows("ledger", "amount") == [1]
    # As after a crash between append and mark: the same entry once more.
    pipe.put(msgspec.structs.replace(_entry(letter), replay=letter.id))
    pipe.drain()
    assert pipe.rows("ledger", "amount") == [1]


def test_a_replay_that_fails_again_opens_its_letter_again(pipe: Pipe) -> None:
    break_rule(pipe)
    pipe.action("Poison")
    pipe.drain()
    (first,) = letters(pipe)
    assert replay(pipe.redis, pipe.engine, first.id, settings=pipe.settings, clock=pipe.clock).state == "replayed"
    pipe.drain()
    (again,) = letters(pipe)
    assert (again.id, again.state, again.entry) == (first.id, "open", first.entry)
    assert again.stream_id != first.stream_id


def test_bytes_that_are_no_entry_are_kept_and_cannot_be_replayed(pipe: Pipe) -> None:
    entry = pipe.action("A")
    pipe.put(entry, data=b"\xff\x00 nonsense")
    pipe.redis.xadd(keys.stream(0), {"other": "field"})
    pipe.drain()
    found = letters(pipe)
    assert len(found) == 2
    assert event_of(found[0]) is None
    with pytest.raises(CuelineError, match="is no event"):
        replay(pipe.redis, pipe.engine, found[0].id, settings=pipe.settings, clock=pipe.clock)
    assert pipe.rows("events", "action") == ["A"]


def test_an_entry_of_an_unknown_workspace_is_buried(pipe: Pipe) -> None:
    pipe.action("A")
    pipe.server("client_action", {"client_action": "B"}, workspace_id=77)
    pipe.drain()
    assert pipe.rows("events", "action") == ["A"]
    assert "no workspace 77" in letters(pipe)[0].error


def test_a_text_that_postgresql_cannot_store_is_buried_on_it_alone(pipe: Pipe) -> None:
    """The doors refuse it; if one ever got through, the partition goes on."""
    pipe.server("client_action", {"client_action": "A", "note": "a\x00b"})
    pipe.action("B")
    pipe.drain()
    assert "B" in pipe.rows("events", "action")
    if pipe.engine.dialect.name == "postgresql":
        assert pipe.rows("events", "status", "payload")[0] == (events.DEAD, {})


def _entry(letter: dead_letters.DeadLetter) -> object:
    from cueline.streams.entry import decode

    return decode(letter.entry.encode())


def test_the_entry_is_kept_to_the_letter(pipe: Pipe) -> None:
    entry = pipe.server("client_action", {"client_action": "A"}, workspace_id=77)
    pipe.drain()
    assert letters(pipe)[0].entry.encode() == encode(entry)


def rename(pipe: Pipe, old: str, new: str) -> None:
    with writing(pipe.engine) as connection:
        connection.execute(text(f"ALTER TABLE events RENAME COLUMN {old} TO {new}"))


def test_tables_of_another_release_bury_nothing_and_hold_everything(pipe: Pipe) -> None:
    pipe.action("A")
    rename(pipe, "hops", "hops_later")
    pipe.drain(turns=3)
    assert letters(pipe) == []
    rename(pipe, "hops_later", "hops")
    pipe.drain()
    assert pipe.rows("events", "action", status=events.UNMATCHED) == ["A"]


def test_a_replay_counts_though_its_sender_repeats_the_event_just_before(pipe: Pipe) -> None:
    break_rule(pipe)
    entry = pipe.action("Poison")
    pipe.drain()
    mend_rule(pipe)
    pipe.put(entry)
    replay(pipe.redis, pipe.engine, letters(pipe)[0].id, settings=pipe.settings, clock=pipe.clock)
    pipe.drain()
    assert pipe.rows("events", "status") == [events.UNMATCHED]
