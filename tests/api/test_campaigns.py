import pytest
import yaml

from cueline.api import examples
from tests.api.house import House

PATH = "/api/v1/campaigns"
AS_YAML = yaml.safe_dump(examples.DOCUMENT, sort_keys=False)


@pytest.mark.parametrize("content_type", ["application/yaml", "text/yaml", "application/x-yaml; charset=utf-8"])
def test_a_yaml_document_is_applied(house: House, content_type: str) -> None:
    answer = house.api.put(PATH, data=AS_YAML, content_type=content_type)
    assert answer.status_code == 200, answer.text
    found = [(change["kind"], change["key"], change["what"]) for change in answer.json["changes"]]
    assert found == [
        ("action", "reset_password", "created"),
        ("template", "reset-password", "created"),
        ("campaign", "reset-password", "created"),
    ]
    assert answer.json["problems"] == []


def test_yaml_and_json_are_the_same_document(house: House) -> None:
    house.api.put(PATH, data=AS_YAML, content_type="application/yaml")
    again = house.api.put(PATH, json=examples.DOCUMENT)
    assert {change["what"] for change in again.json["changes"]} == {"unchanged"}


def test_what_comes_out_goes_in_again_and_changes_nothing(house: House) -> None:
    house.api.put(PATH, json=examples.DOCUMENT)
    for kind in ("application/json", "application/yaml", "text/yaml"):
        text = house.api.get(PATH, headers={"Accept": kind})
        assert text.content_type.startswith(kind)
        again = house.api.put(PATH, data=text.data, content_type=kind)
        assert {change["what"] for change in again.json["changes"]} == {"unchanged"}


def test_without_a_wish_it_comes_as_json(house: House) -> None:
    assert house.api.get(PATH).is_json
    assert house.api.get(PATH, headers={"Accept": "*/*"}).is_json
    assert house.api.get(PATH, headers={"Accept": "image/png"}).status_code == 406


def test_warnings_come_with_the_changes(house: House) -> None:
    document = {
        "campaigns": [{"key": "c", "kind": "rule", "trigger": {"action": "NEVER"}, "do": [{"tag": {"add": ["x"]}}]}]
    }
    answer = house.api.put(PATH, json=document)
    assert answer.status_code == 200, answer.text
    assert [problem["level"] for problem in answer.json["problems"]] == ["warning"]


def test_an_error_names_its_path_and_nothing_is_applied(house: House) -> None:
    document = {**examples.DOCUMENT, "templates": [{"key": "t", "channel": "pigeon", "subject": "s", "html": "h"}]}
    answer = house.api.put(PATH, json=document)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_document")
    assert "templates[0].channel" in [problem["path"] for problem in answer.json["errors"]]
    assert house.api.get(PATH).json == {}


def test_a_template_whose_liquid_is_broken_is_an_error(house: House) -> None:
    template = {**examples.DOCUMENT["templates"][0], "html": "{% if %}"}
    answer = house.api.put(PATH, json={"templates": [template]})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"\xff", b'{"campaigns": "\\ud800"}', b'{"actions": [{"name": "a\\u0000"}]}']
)
def test_a_body_that_is_no_document_is_refused(house: House, body: bytes) -> None:
    for kind in ("application/json", "application/yaml"):
        answer = house.api.put(PATH, data=body, content_type=kind)
        assert answer.status_code in (400, 422), answer.text
        assert {"code", "message"} <= set(answer.json)


def test_another_type_is_415(house: House) -> None:
    assert house.api.put(PATH, data="{}", content_type="text/plain").status_code == 415
