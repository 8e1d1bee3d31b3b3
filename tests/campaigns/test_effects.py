"""What the effects do with a step, and how they are written."""

from __future__ import annotations

from typing import Any

import pytest

from cueline.campaigns.effects import registry
from cueline.campaigns.effects.effect import Effect
from cueline.campaigns.payload_links import puts_payload_in_link
from cueline.campaigns.spec import Template
from cueline.conditions import lookup


class Recorder:
    """A step that keeps what it was told."""

    def __init__(self, payload: dict[str, Any]) -> None:
        self.payload = payload
        self.done: list[tuple[Any, ...]] = []

    def deliver(self, channel: str, template: str) -> None:
        self.done.append(("deliver", channel, template))

    def add_tag(self, tag: str) -> None:
        self.done.append(("add", tag))

    def remove_tag(self, tag: str) -> None:
        self.done.append(("remove", tag))

    def add_points(self, amount: int, currency: str) -> None:
        self.done.append(("points", amount, currency))

    def set_property(self, name: str, value: Any) -> None:
        self.done.append(("set", name, value))

    def lookup(self, path: str) -> Any:
        return lookup({"event": self.payload}, path)


def effect_of(document: dict[str, Any]) -> Effect:
    effect = registry.parse(document, at="do[0]", problems=[])
    assert effect is not None
    return effect


@pytest.mark.parametrize(
    ("document", "done"),
    [
        ({"send": "welcome"}, [("deliver", "email", "welcome")]),
        ({"send": {"template": "welcome"}}, [("deliver", "email", "welcome")]),
        ({"tag": {"add": ["a", "b", "a"], "remove": ["c"]}}, [("add", "a"), ("add", "b"), ("remove", "c")]),
        ({"points": 10}, [("points", 10, "default")]),
        ({"points": {"amount": -5, "currency": "coins"}}, [("points", -5, "coins")]),
        ({"set": {"b": True, "a": "x"}}, [("set", "a", "x"), ("set", "b", True)]),
        ({"set": {"a": {"path": "event.prize"}}}, [("set", "a", "ABC")]),
        ({"set": {"a": {"path": "event.nothing"}, "b": {"path": "event.null"}}}, []),
    ],
)
def test_an_effect_tells_the_step_what_to_do(document: dict[str, Any], done: list[Any]) -> None:
    step = Recorder({"prize": "ABC", "null": None})
    effect_of(document).apply(step)
    assert step.done == done


@pytest.mark.parametrize(
    "document",
    [
        {"send": {"template": "t"}},
        {"tag": {"add": ["a"]}},
        {"tag": {"remove": ["a"]}},
        {"points": -1},
        {"points": {"amount": 1, "currency": "coins"}},
        {"set": {"a": {"path": "event.b"}, "c": 1.5}},
    ],
)
def test_an_effect_is_written_as_it_was_read(document: dict[str, Any]) -> None:
    assert registry.to_documents([effect_of(document)]) == [document]


@pytest.mark.parametrize(
    "html",
    [
        '<a href="{{ event.link }}">x</a>',
        "<a href='https://x/?t={{ event.t }}'>x</a>",
        "<a href={{event.link}}>x</a>",
        '<a class="b"\n href = "{{- event["link"] -}}">x</a>',
        '<A HREF="{{ event.link | default: "https://x" }}">x</A>',
        '<a href="{{ "https://x/" | append: event.path }}">x</a>',
        '{% assign l = event.link %}<a href="{{ l }}">x</a>',
        '<a href="{{ user.site | default: event.link }}">x</a>',
        '<img src="{{ event.image }}">',
        '<img srcset="{{ event.image }} 2x">',
        '<form action="{{ event.to }}">',
        '<div style="background:url({{ event.image }})">',
        "<style>a { background: url({{ event.image }}) }</style>",
        '<a href="{% echo event.link %}">x</a>',
        '<a href="{% if user.a %}{{ event.link }}{% endif %}">x</a>',
        '<meta http-equiv="refresh" content="0;url={{ event.link }}">',
    ],
)
def test_a_template_that_lets_the_event_fill_a_link_has_value(html: str) -> None:
    template = Template("t", "s", html)
    assert puts_payload_in_link(template)
    assert effect_of({"send": "t"}).has_value({"t": template})


@pytest.mark.parametrize(
    "html",
    [
        None,
        "<p>{{ event.amount }}</p>",
        '<a href="https://x/">{{ event.name }}</a>',
        '<a href="{{ workspace.url }}/{{ user.id }}">{{ event.name }}</a>',
        '<a href="{{ user["site"] }}">x</a>',
        '<a href="https://x/{% if event.vip %}vip{% endif %}">x</a>',
        "href: {{ user.name }}",
    ],
)
def test_a_template_whose_links_are_the_houses_own_has_none(html: str | None) -> None:
    template = Template("t", "s", html, "{{ event.link }}")
    assert not puts_payload_in_link(template)
    assert not effect_of({"send": "t"}).has_value({"t": template})


def test_points_have_value_and_tags_have_none() -> None:
    assert effect_of({"points": -1}).has_value({})
    assert not effect_of({"tag": {"add": ["a"]}}).has_value({})
