"""RQ runs our own functions by name and nothing else, whoever wrote the job."""

import pickle

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job as PlainJob
from rq.serializers import JSONSerializer

from cueline.jobs.worker import DRAIN, ForbiddenJob, Job, Worker, queue_of


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
