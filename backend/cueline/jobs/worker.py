"""Our RQ worker and job: JSON only, our own functions only, and a stop that a resident job hears."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from types import FrameType
from typing import Any, Final

from redis import Redis, RedisError
from redis.client import Pipeline
from rq import Queue, SimpleWorker
from rq.exceptions import InvalidJobOperation, StopRequested
from rq.executions import Execution
from rq.job import Job as RqJob
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from cueline.errors import CuelineError
from cueline.jobs.presence import LIFE_S, Presence
from cueline.logs import Log, said

_log = Log(__name__)

DRAIN: Final = "drain"
DELIVER: Final = "deliver"
KINDS: Final = (DRAIN, DELIVER)

# Whoever can write to Redis can name any function there; only these are run.
ALLOWED: Final = frozenset({"cueline.jobs.tasks.drain", "cueline.jobs.tasks.deliver"})

# Set when this process was asked to end: a resident job looks at it between two batches.
stopping: Final = threading.Event()


# RQ blocks on the queue for 15 s less than this.
_TTL_S: Final = 20
# Shells, make and npm pass Ctrl-C on, so that one key press may arrive twice.
_SAME_PRESS_S: Final = 0.5


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
    """Runs jobs in its own process, so that connections and caches live from slice to slice.

    Trouble with RQ's Redis is worth one line: the clock replaces whatever RQ lost.
    """

    job_class = Job
    # After an outage it is back within seconds, however long that was.
    max_connection_wait_time = 2.0

    def __init__(self, queue: Queue, *, connection: Redis, presence: Redis) -> None:
        """`presence`: a connection that gives up soon. RQ lets `connection` wait as long as it blocks on a queue."""
        super().__init__([queue], connection=connection, serializer=queue.serializer, worker_ttl=_TTL_S)
        self._presence = Presence(self, presence)
        self._asked_s: float | None = None

    def bootstrap(self, *args: Any, **kwargs: Any) -> None:
        super().bootstrap(*args, **kwargs)
        self._presence.start()

    def teardown(self) -> None:
        self._presence.stop()
        super().teardown()  # type: ignore[no-untyped-call]

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """RQ's own would keep a worker that is killed in its list for minutes."""
        super().heartbeat(LIFE_S, pipeline)

    def subscribe(self) -> None:
        """To nothing: RQ's remote commands are not meant for resident jobs. Signals end us."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Asks RQ's Redis nothing: its error would come out in the middle of a batch. A second signal kills."""
        now_s = time.monotonic()
        if self._asked_s is not None:
            if now_s - self._asked_s > _SAME_PRESS_S:
                signal.signal(signum, signal.SIG_DFL)
                os.kill(os.getpid(), signum)
            return
        self._asked_s = now_s
        self._stop_requested = True
        stopping.set()
        if self.get_state() != WorkerStatus.BUSY:
            raise StopRequested

    def handle_job_success(
        self, job: RqJob, queue: Queue, started_job_registry: StartedJobRegistry, execution: Execution
    ) -> None:
        try:
            super().handle_job_success(job, queue, started_job_registry, execution)
        except InvalidJobOperation:
            _log.warning("RQ lost a job that is done: was its Redis emptied? What the job did stays", job=job.id)
            self.connection.delete(job.key)
            self.executions.pop(execution.id, None)

    def handle_exception(self, job: RqJob, *exc_info: Any) -> None:
        """A job that ended because a Redis is away is nothing to read a traceback for."""
        if isinstance(exc_info[1], RedisError):
            _log.warning("a job ended, and the clock queues it again", job=job.id, error=said(exc_info[1]))
            return
        super().handle_exception(job, *exc_info)


class OneLine(logging.Filter):
    """For RQ's logger: it shows a traceback for a Redis that is away."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, RedisError):
            record.msg, record.args, record.exc_info = f"{record.getMessage()} {error}", (), None
        return True


def queue_of(kind: str, redis: Redis) -> Queue:
    """`cueline-drain` or `cueline-deliver`. One queue per worker process: with two, RQ can lose a job."""
    return Queue(f"cueline-{kind}", connection=redis, serializer=JSONSerializer, job_class=Job)
