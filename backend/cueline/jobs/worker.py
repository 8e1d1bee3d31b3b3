"""Our RQ worker and job: JSON only, our own functions only, and a stop that a resident job hears."""

from __future__ import annotations

import threading
from types import FrameType
from typing import Any, Final

from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer

from cueline.errors import CuelineError

DRAIN: Final = "drain"
DELIVER: Final = "deliver"
KINDS: Final = (DRAIN, DELIVER)

# Whoever can write to Redis can name any function there; only these are run.
ALLOWED: Final = frozenset({"cueline.jobs.tasks.drain", "cueline.jobs.tasks.deliver"})

# Set when this process was asked to end: a resident job looks at it between two batches.
stopping: Final = threading.Event()


class ForbiddenJob(CuelineError):
    """A job that names something which is not ours."""

    code = "forbidden_job"


class Job(RqJob):
    """Runs only functions of the allow-list, calls nothing back, and never speaks HTTP."""

    @property
    def func(self) -> Any:
        if self.func_name not in ALLOWED or self.instance is not None:
            raise ForbiddenJob(f"The job names {self.func_name!r}; allowed are {', '.join(sorted(ALLOWED))}.")
        return super().func

    @property
    def success_callback(self) -> None:
        return None

    @property
    def failure_callback(self) -> None:
        return None

    @property
    def stopped_callback(self) -> None:
        return None

    def send_webhooks(self, *_: Any, **__: Any) -> None:
        return None


class Worker(SimpleWorker):
    """Runs jobs in its own process, so that connections and caches live from slice to slice."""

    job_class = Job

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        stopping.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def queue_of(kind: str, redis: Redis) -> Queue:
    """`cueline-drain` or `cueline-deliver`. One queue per worker process: with two, RQ can lose a job."""
    return Queue(f"cueline-{kind}", connection=redis, serializer=JSONSerializer, job_class=Job)
