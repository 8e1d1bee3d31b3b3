import itertools

import pytest

from cueline.cli.web import _granian
from tests.cli.conftest import Run


def test_without_any_redis_it_does_not_even_start(run: Run) -> None:
    result = run("web")
    assert result.exit_code == 1
    assert "Set CUELINE_REDIS_URL=" in result.stderr


def test_granian_is_told_what_the_options_say() -> None:
    command = _granian(host="0.0.0.0", port=8123, workers=2, threads=3, level="warning")
    pairs = dict(itertools.pairwise(command))
    assert command[-1] == "cueline.wsgi:app"
    assert [pairs[f"--{name}"] for name in ("host", "port", "workers", "blocking-threads", "interface")] == [
        "0.0.0.0",
        "8123",
        "2",
        "3",
        "wsgi",
    ]


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_is_none_is_a_usage_error(run: Run, port: str) -> None:
    assert run("web", "--port", port).exit_code == 2
