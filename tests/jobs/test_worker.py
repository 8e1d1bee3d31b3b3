"""RQ runs our own functions by name and nothing else, whoever wrote the job."""

import logging
import pickle
import sys

import pytest
from redis import Redis, RedisError
from rq import Queue
from rq.job import Job as PlainJob
from rq.serializers import JSONSerializer

from cueline.jobs import residents, tasks
from cueline.jobs.worker import DRAIN, ForbiddenJob, Job, OneLine, Worker, queue_of


@pytest.mark.parametrize("name", ["os.getcwd", "cueline.jobs.tasks.os.getcwd", "cueline.jobs.residents.enqueue", ""])
def test_a_function_that_is_not_ours_is_refused(redis: Redis, name: str) -> None:
    planted = Queue("cueline-drain", connection=redis, serializer=JSONSerializer)
    job = planted.enqueue_call(name or "x", args=[])
    found = Job.fetch(job.id, connection=redis, serializer=JSONSerializer)
    with pytest.raises(ForbiddenJob, match="allowed are"):
        found.perform()


def test_a_worker_fails_a_planted_job_and_runs_nothing(redis: Redis) -> None:
    planted = Queue("cueline-drain", connection=redis, serializer=JSONSerializer)
    job = planted.enqueue_call("os.getcwd", args=[])
    queue = queue_of(DRAIN, redis)
    Worker(queue, connection=redis, presence=redis).work(burst=True, logging_level="CRITICAL")
    found = PlainJob.fetch(job.id, connection=redis, serializer=JSONSerializer)
    assert found.is_failed
    result = found.latest_result()
    assert result is not None
    assert "ForbiddenJob" in str(result.exc_string)


def test_an_instance_method_is_refused(redis: Redis) -> None:
    job = Job.create("cueline.jobs.tasks.drain", args=[0, 1], connection=redis, serializer=JSONSerializer)
    job.instance = {"planted": True}
    with pytest.raises(ForbiddenJob):
        job.perform()


def test_a_pickled_job_is_not_unpickled(redis: Redis) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return pytest.fail, ("unpickled",)

    job = Job.create("cueline.jobs.tasks.drain", args=[0, 1], connection=redis, serializer=JSONSerializer)
    job.save()
    redis.hset(job.key, "data", pickle.dumps(("os.getcwd", None, (Bomb(),), {})))
    queue = queue_of(DRAIN, redis)
    queue.push_job_id(job.id)
    Worker(queue, connection=redis, presence=redis).work(burst=True, logging_level="CRITICAL")


def test_callbacks_and_webhooks_of_a_planted_job_are_ignored(redis: Redis) -> None:
    job = Job.create("cueline.jobs.tasks.drain", args=[0, 1], connection=redis, serializer=JSONSerializer)
    job._success_callback_name = job._failure_callback_name = job._stopped_callback_name = "os.getcwd"
    assert (job.success_callback, job.failure_callback, job.stopped_callback) == (None, None, None)
    assert job.send_webhooks("finished") is None


def test_a_redis_that_is_emptied_while_a_job_works_costs_one_line(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    queue = queue_of(DRAIN, redis)
    job_id = residents.enqueue(redis, DRAIN, 0)
    # The job is ours by name; what it does here is empty its Redis.
    monkeypatch.setattr(tasks, "drain", lambda *_: redis.flushall())
    Worker(queue, connection=redis, presence=redis).work(burst=True, logging_level="WARNING")
    (record,) = [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
    assert job_id in record.getMessage() or job_id in str(vars(record))
    assert not record.exc_info and "Traceback" not in record.getMessage()
    assert redis.exists(f"rq:job:{job_id}") == 0
    assert redis.zcard("rq:failed:cueline-drain") == 0


def test_what_rq_says_of_a_redis_that_is_away_is_one_line() -> None:
    try:
        raise RedisError("Connection refused")
    except RedisError:
        record = logging.LogRecord("rq.worker", logging.ERROR, "", 0, "Worker %s: quitting", ("w",), sys.exc_info())
    assert OneLine().filter(record)
    assert (record.getMessage(), record.exc_info) == ("Worker w: quitting Connection refused", None)


def test_any_other_traceback_of_rq_stays() -> None:
    try:
        raise ValueError("a fault of ours")
    except ValueError:
        record = logging.LogRecord("rq.worker", logging.ERROR, "", 0, "Worker %s: quitting", ("w",), sys.exc_info())
    assert OneLine().filter(record) and record.exc_info is not None
