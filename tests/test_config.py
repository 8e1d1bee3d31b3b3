import dataclasses
from pathlib import Path

import pytest

from cueline.config import Settings, explain, load
from cueline.errors import ConfigError


@pytest.fixture(autouse=True)
def no_dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("CUELINE_REDIS_URL", "localhost:6379", "must begin with redis:// or rediss:// or unix://"),
        ("CUELINE_REDIS_URL", "redis+cluster://", "must name nodes, such as redis"),
        ("CUELINE_REDIS_URL", "redis+cluster://host/1", "a cluster has one database"),
        ("CUELINE_REDIS_URL", "redis+sentinel://host", "must begin with redis:// or redis"),
        ("CUELINE_RQ_REDIS_URL", "redis+cluster://host", "RQ cannot run on a cluster"),
        ("CUELINE_RQ_REDIS_URL", "http://host", "must begin with redis://"),
        ("CUELINE_DATABASE_URL", "mysql://host/x", "must begin with postgresql:// or postgres:// or sqlite://"),
        ("CUELINE_PUBLIC_URL", "shop.example", "must be an http or https address"),
        ("CUELINE_SNIPPET_PATH", "assets/shop.js", "must be a path of letters, digits"),
        ("CUELINE_SNIPPET_PATH", "/assets/../shop.js", "must be a path of letters, digits"),
        ("CUELINE_SNIPPET_PATH", "/a'b.js", "must be a path of letters, digits"),
        ("CUELINE_SNIPPET_PATH", "/", "must be a path of letters, digits"),
        ("CUELINE_COLLECT_PATH", "/a//b", "must be a path of letters, digits"),
        ("CUELINE_COLLECT_PATH", "/api/v1/events", "must not begin with /api"),
        ("CUELINE_PARTITIONS", "0", "must be 1 to 256"),
        ("CUELINE_PARTITIONS", "four", "four"),
        ("CUELINE_LOG_LEVEL", "loud", "must be one of debug, info, warning, error"),
    ],
)
def test_a_value_that_cannot_be_used_names_the_variable_and_what_would_fit(
    variable: str, value: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=variable) as caught:
        load({variable: value})
    assert said in str(caught.value)


def test_a_wrong_secret_is_not_repeated_in_the_error() -> None:
    with pytest.raises(ConfigError) as caught:
        load({"CUELINE_DATABASE_URL": "mysql://me:hidden@host/x"})
    assert "hidden" not in str(caught.value)


def test_an_unknown_name_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(ConfigError, match=r"Unknown setting CUELINE_PARTITION\. Did you mean CUELINE_PARTITIONS\?"):
        load({"CUELINE_PARTITION": "4"})


def test_the_environment_wins_over_the_file_and_an_empty_value_is_the_default() -> None:
    Path(".env").write_text("CUELINE_PARTITIONS=7\nCUELINE_SLICE_S=5\nOTHER=1\n")
    found = load({"CUELINE_PARTITIONS": "9", "CUELINE_LOG_LEVEL": ""})
    assert (found.partitions, found.slice_s, found.log_level) == (9, 5, "info")


def test_every_origin_is_named() -> None:
    Path(".env").write_text("CUELINE_SLICE_S=5\n")
    rows = {row.variable: (row.value, row.origin) for row in explain({"CUELINE_PARTITIONS": "9"})}
    assert len(rows) == len(dataclasses.fields(Settings))
    assert rows["CUELINE_PARTITIONS"] == ("9", "environment")
    assert rows["CUELINE_SLICE_S"] == ("5", ".env")
    assert rows["CUELINE_LOG_LEVEL"] == ("info", "default")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_spoken_to_by_psycopg(scheme: str) -> None:
    assert load({"CUELINE_DATABASE_URL": f"{scheme}://me@host/x"}).sql_url() == "postgresql+psycopg://me@host/x"


def test_without_a_database_it_is_sqlite_in_the_data_directory(tmp_path: Path) -> None:
    assert load({"CUELINE_DATA": str(tmp_path)}).sql_url() == f"sqlite:///{tmp_path / 'cueline.db'}"


def test_the_addresses_are_those_that_up_left_in_the_data_directory(tmp_path: Path) -> None:
    found = load({"CUELINE_DATA": str(tmp_path)})
    assert found.address() == "http://127.0.0.1:8000"
    with pytest.raises(ConfigError, match="no `cueline up` has run on"):
        found.streams_url()
    (tmp_path / "redis.url").write_text("unix:///x/redis.sock\n")
    (tmp_path / "public.url").write_text("http://127.0.0.1:8123\n")
    assert (found.streams_url(), found.address()) == ("unix:///x/redis.sock", "http://127.0.0.1:8123")
    assert found.queues_url() == found.streams_url()


def test_a_cluster_needs_a_redis_beside_it() -> None:
    cluster = {"CUELINE_REDIS_URL": "redis+cluster://one,two:7000"}
    with pytest.raises(ConfigError, match="CUELINE_RQ_REDIS_URL"):
        load(cluster).queues_url()
    assert load(cluster | {"CUELINE_RQ_REDIS_URL": "redis://three"}).queues_url() == "redis://three"
