"""A drain whose database refuses one action, and what can be done to the letters that come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cueline.deadletters import edit as editing
from cueline.deadletters.edit import Change
from cueline.deadletters.letter import load_secrets, whole
from cueline.deadletters.replay import replay
from cueline.store import dead_letters
from cueline.store.dead_letters import DeadLetter
from cueline.store.session import reading
from tests.drain.pipe import Pipe
from tests.drain.test_poison import break_rule, mend_rule


@dataclass
class Hospital:
    pipe: Pipe

    def die(self, **payload: Any) -> DeadLetter:
        """The letter of an action `Poison`, which SQL refuses until `mend()`."""
        break_rule(self.pipe)
        self.pipe.action("Poison", **payload)
        self.pipe.drain()
        return self.letters()[0]

    def mend(self) -> None:
        mend_rule(self.pipe)

    def letters(self) -> list[DeadLetter]:
        with reading(self.pipe.engine) as connection:
            return dead_letters.page(connection)

    def shown(self, letter: DeadLetter) -> dict[str, Any]:
        with reading(self.pipe.engine) as connection:
            found = dead_letters.by_id(connection, letter.id)
            assert found is not None
            return whole(found, load_secrets(connection, found))

    def edit(self, letter: DeadLetter, **change: Any) -> DeadLetter:
        return editing.edit(self.pipe.engine, letter.id, Change(**change), by="test", clock=self.pipe.clock)

    def replay(self, letter: DeadLetter) -> DeadLetter:
        pipe = self.pipe
        return replay(pipe.redis, pipe.engine, letter.id, settings=pipe.settings, clock=pipe.clock)
