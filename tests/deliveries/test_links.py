import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.deliveries.links import ADDRESSES, is_allowed, neutralise

BAD = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "\tjavascript:alert(1)",
    "\x01javascript:alert(1)",
    "\x00javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "java\r\nscript:alert(1)",
    "javascript\t:alert(1)",
    "javascript&colon;alert(1)",
    "javascript&#58;alert(1)",
    "&#106;avascript:alert(1)",
    "&#0000106avascript:alert(1)",
    "&#x6A;avascript:alert(1)",
    "&#x6aavascript:alert(1)",
    "jav&Tab;ascript:alert(1)",
    "jav&NewLine;ascript:alert(1)",
    "jav&#x0A;ascript:alert(1)",
    "&#1;javascript:alert(1)",
    "&amp;#106;avascript:alert(1)",
    "java\u200bscript:alert(1)",
    "\ufeffjavascript:alert(1)",
    "\u2028javascript:alert(1)",
    "ｊavascript：alert(1)",
    "j%61vascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:image/svg+xml;base64,AAAA",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "blob:https://x.example/1",
    "view-source:https://x.example",
    "livescript:x",
    "jar:https://x.example!/x",
    ":javascript:alert(1)",
]
GOOD = [
    "",
    "#",
    "#top",
    "/path:with-colon",
    "path/a:b",
    "?a=javascript:1",
    "//cdn.example/x",
    "https://x.example/?u=javascript:alert(1)",
    "HTTP://x.example",
    "mailto:a@b.example?subject=a:b",
    "tel:+391234",
    "cid:logo",
    "https://x.example/?a=1&amp;b=2",
]


@pytest.mark.parametrize("address", BAD)
def test_an_address_of_another_scheme_leads_nowhere(address: str) -> None:
    assert neutralise(f'<p><a class="x" href="{html.escape(address)}" id=1>go</a></p>') == (
        '<p><a class="x" href="#" id=1>go</a></p>'
    )
    unescaped = address.replace('"', "").replace("<", "").replace(">", "")
    assert neutralise(f"<a href='{unescaped}'>go</a>") == "<a href='#'>go</a>"


@pytest.mark.parametrize("address", GOOD)
def test_a_good_address_stays_to_the_byte(address: str) -> None:
    page = f"<!DOCTYPE html>\r\n<A\tHREF = '{address}' >&nbsp;<br/>go</A><!-- <p -->"
    assert neutralise(page) == page


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_every_attribute_with_an_address_is_looked_at(name: str) -> None:
    assert neutralise(f'<x {name.upper()}="javascript:alert(1)">') == f'<x {name.upper()}="#">'


@pytest.mark.parametrize(
    ("page", "clean"),
    [
        ("<a href=javascript:alert(1)>x</a>", "<a href=#>x</a>"),
        ("<a/href=javascript:alert(1)>x</a>", "<a/href=#>x</a>"),
        ("<a\nhref\n=\n'javascript:1'>", "<a\nhref\n=\n'#'>"),
        ("<a title='>' href='javascript:1'>", "<a title='>' href='#'>"),
        ("<a title=\"a'b\" href='javascript:1'>", "<a title=\"a'b\" href='#'>"),
        ("<a a=b\"c href='javascript:1'>", "<a a=b\"c href='#'>"),
        ("<a = href='javascript:1'>", "<a = href='#'>"),
        ("<a href href='javascript:1'>", "<a href href='#'>"),
        ("<!--[if mso]><v:rect href='javascript:1'><![endif]-->", "<!--[if mso]><v:rect href='#'><![endif]-->"),
        ("<img srcset='https://a.example/1 1x, javascript:2 2x'>", "<img srcset='#'>"),
        ("<iframe srcdoc='&lt;script&gt;'>", "<iframe srcdoc='#'>"),
        ("<meta http-equiv=refresh content='0; URL=javascript:1'>", "<meta http-equiv=refresh content='#'>"),
        ("<a href='javascript:1'><img src='data:x'>", "<a href='#'><img src='#'>"),
    ],
)
def test_odd_spellings_of_tags_are_read_as_browsers_read_them(page: str, clean: str) -> None:
    assert neutralise(page) == clean


@pytest.mark.parametrize(
    "page",
    [
        "<img srcset='https://a.example/1 1x, /2 2x'>",
        "<meta http-equiv=refresh content='5; url=https://x.example'>",
        "<meta name=viewport content='width=device-width'>",
        "<p title='javascript:1'>javascript:1</p>",
        "1 < 2 href='javascript:1'",
    ],
)
def test_what_is_no_bad_address_stays(page: str) -> None:
    assert neutralise(page) == page


def test_what_stands_in_the_template_itself_is_its_authors() -> None:
    template = '<a href="shopapp://cart">app</a><a href="{{ event.link }}">x</a>'
    rendered = '<a href="shopapp://cart">app</a><a href="javascript:1">x</a>'
    assert neutralise(rendered, template=template) == '<a href="shopapp://cart">app</a><a href="#">x</a>'


def test_a_payload_may_not_borrow_a_part_of_the_authors_address() -> None:
    template = "<a href=\"javascript:history.back('{{ event.x }}')\">"
    assert neutralise("<a href=\"javascript:history.back('1')\">", template=template) == '<a href="#">'


@given(st.text())
def test_any_text_passes_and_twice_changes_no_more_than_once(text: str) -> None:
    once = neutralise(text)
    assert neutralise(once) == once


@given(st.text(alphabet=st.sampled_from("javscript:\t\n &#x6A;Tab/?"), max_size=30))
def test_what_stays_has_no_scheme_but_the_allowed_ones(address: str) -> None:
    page = neutralise(f'<a href="{address}">')
    assert is_allowed(page[len('<a href="') : -2])


def test_a_mail_full_of_open_quotes_takes_no_time() -> None:
    page = '<a href="' * 20_000
    assert neutralise(page) == page
