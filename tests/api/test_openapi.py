import re
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.api.house import House

DOOR = "/v1/collect"
STATIC = Path(__file__).parents[2] / "backend/cueline/static"


@pytest.fixture
def document(house: House) -> dict[str, Any]:
    found: dict[str, Any] = house.app.test_client().get("/api/openapi.json").json
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in ("get", "post", "put", "delete")
    ]


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_route_is_in_the_document(house: House, document: dict[str, Any]) -> None:
    rules = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in house.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
    }
    assert set(document["paths"]) == {*rules, DOOR}


def test_every_operation_tells_its_key_its_words_and_its_errors(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["operationId"], name
        if name == f"POST {DOOR}":
            assert operation["security"] == []
            continue
        [[scopes]] = [list(requirement.values()) for requirement in operation["security"]]
        assert scopes, name
        assert {"401", "403", "503", "default"} <= set(operation["responses"]), name


def test_errors_have_our_body(document: dict[str, Any]) -> None:
    assert set(document["components"]["schemas"]["Error"]["properties"]) == {"code", "message", "errors"}
    for response in document["components"]["responses"].values():
        assert response["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}


def test_what_is_written_carries_an_example(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            assert content.get("example"), f"{name} {kind}"


def test_the_document_may_be_read_from_anywhere_and_nothing_else(house: House) -> None:
    origin = {"Origin": "https://elsewhere.example"}
    assert house.api.get("/api/openapi.json", headers=origin).headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in house.api.get("/api/v1/events", headers=origin).headers


def test_the_page_to_try_it_loads_nothing_from_elsewhere(house: House) -> None:
    client = house.app.test_client()
    page = client.get("/api/docs")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assets = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    assert len(assets) == 4
    for asset in assets:
        assert (STATIC / asset.removeprefix("/static/")).is_file()
        assert client.get(asset).status_code == 200
    assert "//" not in page.text.replace("<!--", "")


def test_the_vendored_page_comes_with_its_licence() -> None:
    assert "Apache License" in (STATIC / "vendor/swagger-ui/LICENSE").read_text()
