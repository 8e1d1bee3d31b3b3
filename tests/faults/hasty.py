"""`python -m tests.faults.hasty drain`: a drain that is wrong, to show that its wrong is seen."""

from __future__ import annotations

import runpy
from collections.abc import Sequence

from cueline.drain.leases import Owned
from cueline.drain.loop import Drain, Stop
from cueline.jobs import tasks
from cueline.streams.read import Message


class HastyDrain(Drain):
    """Acknowledges before it commits."""

    def _commit(self, messages: Sequence[Message], owned: Sequence[Owned], stop: Stop) -> None:
        self._reader.acknowledge(messages)
        super()._commit(messages, owned, stop)


setattr(tasks, "Drain", HastyDrain)  # noqa: B010 - not a name that tasks gives to others
runpy.run_module("cueline.jobs", run_name="__main__")
