"""YAML and JSON: what is read, what is refused, and that writing loses nothing."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cueline.campaigns.document import to_dict
from cueline.campaigns.spec import Document
from cueline.campaigns.text import read, to_yaml
from cueline.errors import Problem
from tests.campaigns.strategies import documents

WHERE = "where: {path: event.x, op: equals, value: %s}"
RULE = f"campaigns: [{{key: a, kind: rule, trigger: {{action: A}}, {WHERE}, do: [{{tag: {{add: [t]}}}}]}}]"


def value_of(text: str) -> object:
    parsed = read(RULE % text)
    assert not parsed.problems, parsed.problems
    where = to_dict(parsed.document)["campaigns"][0]["where"]
    return where["value"]


def problem_of(text: str, *, format: str | None = None) -> Problem:
    parsed = read(text, format=format)
    assert len(parsed.problems) == 1, parsed.problems
    assert parsed.document == Document()
    return parsed.problems[0]


@given(documents())
@settings(max_examples=200, deadline=None)
def test_a_document_that_was_written_is_read_the_same(document: Document) -> None:
    again = read(to_yaml(document), format="yaml")
    assert again.problems == ()
    assert again.document == document
    assert read(json.dumps(to_dict(document)), format="json") == again


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-23", "2026-11-23"),
        ("2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z"),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("007", "007"),
        ("1e3", "1e3"),
        ("1_000", "1_000"),
        ("0x1f", "0x1f"),
        (".inf", ".inf"),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ("5", 5),
        ("-5", -5),
        ("1.5", 1.5),
        ("true", True),
        ("False", False),
        ("'true'", "true"),
    ],
)
def test_text_of_yaml_stays_text(text: str, value: object) -> None:
    found = value_of(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("a: [1,\nb: 2", "bad_syntax", "Line 3"),
        ("templates:\n  - subject: x\n    html: a: b", "bad_syntax", "Line 3: mapping values are not allowed in this"),
        ("templates:\n  - subject: {{ x }}", "bad_key", "Line 2: A key is text. Text that begins with { needs quotes."),
        ("a: 1\nb: 2\na: 3", "duplicate_key", "Line 3"),
        ("campaigns:\n- key: a\n  key: b", "duplicate_key", "Line 3"),
        ("a: &x [1]\nb: *x", "alias", "Line 2"),
        ("a: !!python/object/apply:os.system [ls]", "tag", "Line 1"),
        ("a: !!binary aGk=", "tag", "Line 1"),
        ("a: 1\n---\nb: 2", "bad_syntax", "one document"),
        ("? [a]\n: 1", "bad_key", "Line 1"),
        ("a: " + "9" * 5000, "bad_number", "64 bits"),
        ("a: \x07", "bad_syntax", "cannot be read"),
        ("\ta: 1", "bad_syntax", "Line 1"),
        ("[" * 200_000, "too_deep", "Nested"),
        ("x" * (1024 * 1024 + 1), "too_large", "1 MiB"),
        ("é" * 600_000, "too_large", "1 MiB"),
        ("a: [" + "1," * 300_000 + "]", "too_large", "keys and values"),
        ("\ud800", "bad_syntax", "cannot be read"),
        ("", "not_a_document", "mapping"),
        ("# only a comment", "not_a_document", "mapping"),
        ("just text", "not_a_document", "text"),
    ],
)
def test_broken_yaml_is_one_problem_with_its_line(text: str, code: str, words: str) -> None:
    began = time.monotonic()
    problem = problem_of(text)
    assert problem.code == code
    assert words in problem.message
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ('{"a": 1,\n "b" 2}', "bad_syntax", "Line 2"),
        ('{"a": 1, "a": 2}', "duplicate_key", '"a"'),
        ('{"a": NaN}', "bad_number", "NaN"),
        ('{"a": -Infinity}', "bad_number", "-Infinity"),
        ('{"a": ' + "9" * 5000 + "}", "bad_number", "64 bits"),
        ("[" * 200_000, "too_deep", "deep"),
        ("", "bad_syntax", "Line 1"),
        ("[]", "not_a_document", "a list"),
        ('{"actions": [{"name": "a\\u0000b"}]}', "bad_text", "U+0000"),
        ('{"actions": [{"name": "\\ud83d"}]}', "bad_text", "U+D83D"),
        ('{"actions": 1e999}', "bad_number", "finite"),
        ('{"actions": 9223372036854775808}', "bad_number", "64 bits"),
    ],
)
def test_broken_json_is_one_problem(text: str, code: str, words: str) -> None:
    problem = problem_of(text, format="json")
    assert problem.code == code
    assert words in problem.message


def test_text_with_a_brace_is_json_or_yaml() -> None:
    assert read('{"actions": [{"name": "A"}]}').document.actions[0].name == "A"
    assert read("{actions: [{name: A}]}").document.actions[0].name == "A"


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    read(text)
    read(text, format="json")
