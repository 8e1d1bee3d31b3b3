"""What the Liquid parser would chew on for minutes is refused before it sees it."""

import time

import pytest

from cueline.deliveries import markup
from cueline.deliveries.templates import problems

SLOW = [
    "{{" * 100_000,
    "{%" * 100_000,
    "{{ a |" * 40_000,
    "{{" + " " * 200_000,
    "{{ a" + " " * 200_000 + "b }}",
    "{% assign" + " " * 9_000 + "a = 1 %}",
    "{% raw %}" * 25_000,
    "{%- comment %}" * 18_000,
    "{{ " + "a." * 100_000 + "b }}",
]


@pytest.mark.parametrize("source", SLOW, ids=lambda source: source[:12])
def test_a_slow_template_is_refused_at_once(source: str) -> None:
    began_s = time.monotonic()
    assert problems({"subject": "Hi", "html": source})
    assert time.monotonic() - began_s < 20  # a quadratic reader takes minutes


def test_the_fault_names_the_place() -> None:
    assert markup.fault_of("Hi\n\n{{ user.name }") == "{{ in line 3: it is never closed"


def test_ordinary_templates_pass() -> None:
    source = "{% raw %}{{ kept }}{% endraw %}{% if a %}{{ a | upcase }}{% endif %}{{ '}}' }}" * 30
    assert markup.fault_of(source) is None
    assert markup.fault_of("@media x{a{b:c}} {user} 100 %") is None
