import pytest
from redis import Redis
from sqlalchemy import Engine

from tests.backoffice.house import House


@pytest.fixture
def house(engine: Engine, redis: Redis) -> House:
    return House(engine, redis)
