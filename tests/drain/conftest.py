import pytest
from redis import Redis
from sqlalchemy import Engine

from tests.drain.pipe import Pipe, make_pipe


@pytest.fixture
def pipe(redis: Redis, engine: Engine) -> Pipe:
    return make_pipe(redis, engine)
