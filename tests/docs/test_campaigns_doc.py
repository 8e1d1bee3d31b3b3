"""docs/campaigns.md and the example: every name is explained, every document in them is good."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from cueline import triggers
from cueline.campaigns import actions, document, entry, rules, spec, templates
from cueline.campaigns.checks import Known, check
from cueline.campaigns.effects.registry import EFFECTS
from cueline.campaigns.text import read, to_yaml
from cueline.conditions import META_FIELDS, ROOTS
from cueline.conditions.operators.registry import OPERATORS
from cueline.conditions.values import ANY
from cueline.deliveries.templates import problems
from cueline.problems import has_errors
from tests.docs.tracked import ROOT

TEXT = (ROOT / "docs" / "campaigns.md").read_text("utf-8")
EXAMPLE = ROOT / "examples" / "campaigns" / "first-light.yaml"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def missing(names: Iterable[str]) -> list[str]:
    """The names that no code span of the document has as a word."""
    spans = re.findall(r"`([^`\n]+)`", TEXT)
    words = {word for span in spans for word in re.findall(r"[a-z_]+", span)}
    return [name for name in names if name not in words]


def test_every_operator_effect_trigger_and_key_is_documented() -> None:
    assert not missing([*OPERATORS, *EFFECTS, *triggers.KINDS, *ROOTS, *META_FIELDS])
    assert not missing([*document.KEYS, *rules.KEYS, *templates.KEYS, *actions.KEYS, *entry.KEYS])
    assert not missing([*entry.KEY_MAKERS, *spec.STATES, *spec.CATEGORIES, *spec.CHANNELS])


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_has_a_line_with_the_types_it_fits(name: str) -> None:
    (types,) = re.findall(rf"^\| `{name}` \| ([^|]+) \|", TEXT, re.MULTILINE)
    fits = OPERATORS[name].fits
    documented = ANY if types.strip() == "any" else frozenset(types.strip().split(", "))
    assert documented == fits


@pytest.mark.parametrize("name", EFFECTS)
def test_every_effect_has_a_line(name: str) -> None:
    assert re.search(rf"^\| `{name}` \|", TEXT, re.MULTILINE)


@pytest.mark.parametrize("text", [*BLOCKS, EXAMPLE.read_text("utf-8")])
def test_every_document_may_be_published(text: str) -> None:
    parsed = read(text)
    assert not parsed.problems
    assert not has_errors(check(parsed.document, Known(), template_problems=problems))
    assert read(to_yaml(parsed.document)) == parsed


def test_the_documents_were_found() -> None:
    assert len(BLOCKS) >= 4


def test_the_package_has_the_example() -> None:
    packaged = ROOT / "backend" / "cueline" / "static" / "demo-campaigns.yaml"
    assert packaged.read_bytes() == EXAMPLE.read_bytes()
