"""The curl lines of docs/http.md, each sent as it stands."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

import pytest

from tests.api.house import House
from tests.api.test_dead_letters import bury, entry

HTTP = Path(__file__).parents[2] / "docs/http.md"
LINES = [line for line in HTTP.read_text().splitlines() if line.startswith("curl ")]


def read(line: str) -> argparse.Namespace:
    """What curl would make of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("-X", dest="method")
    parser.add_argument("-H", dest="headers", action="append")
    parser.add_argument("-d", dest="data")
    found = parser.parse_args(shlex.split(line)[1:])
    found.method = found.method or ("POST" if found.data else "GET")
    return found


def endpoint(house: House, line: str) -> str:
    asked = read(line)
    path = asked.url.removeprefix("$CUELINE").partition("?")[0]
    return str(house.app.url_map.bind("localhost").match(path, method=asked.method)[0])


@pytest.mark.parametrize("line", LINES)
def test_the_example_works(house: House, line: str) -> None:
    user = house.rows.user("42")
    house.rows.event(user_id=user)
    house.rows.count("reset_password", 0, 1)
    bury(house, entry(house.workspace_id, {"amount": "12"}), id=7)
    asked = read(line)
    headers = dict(header.split(": ", 1) for header in asked.headers)
    assert headers.pop("Authorization") == "Bearer $KEY"
    answer = house.api.send(asked.method, asked.url.removeprefix("$CUELINE"), headers=headers, data=asked.data)
    assert answer.status_code < 300, answer.text


def test_every_route_has_an_example(house: House) -> None:
    routes = {rule.endpoint for rule in house.app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")}
    assert {endpoint(house, line) for line in LINES} == routes
