import time
from typing import Any

import pytest

from cueline.deliveries.templates import TemplateText, Texts, problems, render
from cueline.errors import DeliveryError


def html(source: str, **scope: Any) -> str:
    return render(TemplateText("s", html=source), scope).html or ""


def test_html_is_escaped_and_subject_and_text_are_not() -> None:
    template = TemplateText("{{ event.name }}", html="<b>{{ event.name }}</b>", text="{{ event.name }}")
    texts = render(template, {"event": {"name": "<script>alert('x')</script> & Co"}})
    assert texts.html == "<b>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; Co</b>"
    assert texts.subject == texts.text == "<script>alert('x')</script> & Co"


@pytest.mark.parametrize(
    "source",
    [
        "{{ event.x | upcase }}",
        "{{ event.x | append: event.x }}",
        "{{ event.x | newline_to_br }}",
        "{{ event.x | escape_once }}",
        "{{ event.x | strip_newlines }}",
        "{{ event.x | url_decode }}",
        "{{ 'cScRiPt' | replace: 'c', event.x }}",
        "{{ event.list | join: '<br>' }}",
        "{{ event.list }}",
        "{{ event }}",
        "{% capture y %}{{ event.x }}{% endcapture %}{{ y | strip_html }}{{ y | url_decode }}{{ y | squish }}",
        "{% for item in event.list %}{{ item }}{% endfor %}",
        "{% echo event.x %}",
        "{% cycle event.x, event.x %}",
        "{% liquid echo event.x %}",
        "{{ event.x | date: event.x }}",
        "{{ nothing | default: event.x }}",
        "{{ event.encoded | base64_decode }}",
    ],
)
def test_no_way_through_liquid_lets_event_data_write_a_tag(source: str) -> None:
    bad = "<script>"
    event = {"x": bad, "list": [bad, bad], "encoded": "PHNjcmlwdD4="}
    assert "<script" not in html(source, event=event).lower()


def test_undefined_variables_render_empty_and_default_fills_in() -> None:
    assert html("[{{ user.first_name }}{{ a.b.c }}] {{ user.first_name | default: 'there' }}", user={}) == "[] there"


@pytest.mark.parametrize(
    "source",
    [
        '{% assign x = (1..30000000) | join: "," %}',
        "{{ 'a' | append: (1..30000000) | size }}{% assign y = 'a' | concat: (1..30000000) %}",
        "{% if (1..99999999999999999999) contains 'x' %}{% endif %}",
        "{% unless (1..99999999) contains 'x' %}{% endunless %}",
        "{% case 1 %}{% when (1..99999999) %}{% endcase %}",
        "{% for n in (1..99999999) %}{% endfor %}",
        "{% tablerow n in (1..99999999) %}{% endtablerow %}",
        "{% cycle (1..99999999), 2 %}",
        "{% for n in (1..2) %}{% if true %}{% assign x = (1..event.n) | join %}{% endif %}{% endfor %}",
        "{% capture z %}{% liquid assign x = (1..99999999) | sort %}{% endcapture %}",
        "{% for n in (1..9000) %}{% for m in (1..9000) %}{% endfor %}{% endfor %}",
        "{% for n in (1..10000) %}{% assign x = (1..5000) | join: ',' | split: ',' | sort %}{% endfor %}",
        "{% assign x = 'aaaaaaaa' %}{% for n in (1..60) %}{% assign x = x | append: x %}{% endfor %}",
        "{% assign x = 'aaaaaaaa' %}{% for n in (1..60) %}{% assign x = x | replace: 'a', x %}{% endfor %}",
        "{% assign x = (1..10000) | join: 'aaaaaaaaaa' %}{% assign y = (1..10000) | join: x %}",
        "{% assign x = 99999999 %}{% for n in (1..60) %}{% assign x = x | times: x %}{% endfor %}",
        "{% for n in (1..10000) %}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}",
        "{{ 1 | divided_by: 0 }}",
        "{{ 'x' | safe }}",
        "{{ 'x' | nosuchfilter }}",
        "{% include 'x' %}",
        "{% render 'x' %}",
        "{% if %}",
        "{% if true %}",
    ],
)
def test_what_is_too_much_or_wrong_fails_soon_and_for_good(source: str) -> None:
    began = time.monotonic()
    with pytest.raises(DeliveryError) as failed:
        html(source, event={"n": 99999999})
    assert time.monotonic() - began < 5
    assert (failed.value.permanent, failed.value.code) == (True, "template_error")
    assert "\n" not in failed.value.message


def test_a_range_of_10000_is_allowed() -> None:
    assert html("{{ (1..10000) | size }}") == "10000"


def test_the_text_is_taken_from_the_html_when_there_is_none() -> None:
    source = (
        "<html><head><title>T</title><style>p {}</style></head><body><h1>Hi&nbsp;Ada</h1><p>Choose\n a "
        '<a href="https://x.example/?a=1&amp;b=2">new <b>password</b></a>.</p><ul><li>one<li>two</ul>'
        '<a href="https://x.example">https://x.example</a><img alt="logo" src="x"></body></html>'
    )
    texts = render(TemplateText("s", html=source), {})
    expected = "Hi Ada\n\nChoose a new password (https://x.example/?a=1&b=2).\n\n- one\n- two\n\nhttps://x.examplelogo"
    assert texts.text == expected


def test_a_template_of_text_alone_has_no_html() -> None:
    assert render(TemplateText(" a \n", text="b"), {}) == Texts("a", None, "b")


def test_links_of_the_payload_are_neutralised() -> None:
    assert html('<a href="{{ event.link }}">x</a>', event={"link": "javascript:alert(1)"}) == '<a href="#">x</a>'


def test_publishing_is_told_what_is_wrong_with_each_part() -> None:
    found = problems({"subject": "{{ a | nope }}", "html": "{{ x | safe }}", "text": "ok\n{% if x %}"})
    assert found[0] == "subject: unknown filter 'nope'"
    assert found[1].startswith("html: the filter 'safe' is not allowed")
    assert found[2].startswith("text: expected tag endif")


def test_publishing_is_told_of_tags_that_load_other_templates() -> None:
    assert "unexpected tag 'render'" in problems({"subject": "s", "html": "{% render 'x' %}"})[0]


def test_a_good_template_has_no_problems() -> None:
    source = "Hi {{ user.first_name | default: 'there' }}, {% for n in event.list %}{{ n | round }}{% endfor %}"
    assert problems({"key": "k", "subject": source, "html": source, "text": None}) == []


@pytest.mark.parametrize(
    "source",
    [
        "<a href={{ event.link }}>",
        "<p {{ event.x }}>",
        "<td class=big width=1{{ user.w }}>",
        "<{{ event.tag }}>x</p>",
        "<p>x</{{ e }}>",
    ],
)
def test_an_output_in_a_tag_without_quotes_is_a_problem(source: str) -> None:
    (found,) = problems({"subject": "s", "html": source})
    assert found.startswith("html: write quotes around {{ ")


@pytest.mark.parametrize(
    "source",
    [
        "<a href=\"{{ event.link | append: '>' }}\" title='{{ x }}'>{{ event.x }} = {{ event.y }}</a>",
        "<td{% if user.vip %} class=vip{% endif %} width=10>1 < {{ event.n }}</td>",
        '<p class="{% if a %}x{% else %}{{ b }}{% endif %}">',
    ],
)
def test_an_output_in_quotes_or_between_tags_is_no_problem(source: str) -> None:
    assert problems({"subject": "s", "html": source}) == []
