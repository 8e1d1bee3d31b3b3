import pytest
from redis import Redis
from sqlalchemy import Engine

from tests.deadletters.hospital import Hospital
from tests.drain.pipe import make_pipe


@pytest.fixture
def hospital(redis: Redis, engine: Engine) -> Hospital:
    return Hospital(make_pipe(redis, engine))
