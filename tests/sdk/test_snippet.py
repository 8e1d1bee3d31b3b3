from __future__ import annotations

from html.parser import HTMLParser

from cueline.snippet import stub, tag


class Elements(HTMLParser):
    """What a browser makes of a text: its elements with their attributes, and the text outside of them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_tag_is_the_stub_and_the_core_with_the_key() -> None:
    text = tag("https://collect.shop.example/", "wk_1")
    core = {"async": None, "src": "https://collect.shop.example/v1/cueline.js", "data-key": "wk_1"}
    assert Elements(text).found == [("script", {}), ("script", core)]
    assert "\n" not in text


def test_the_stub_is_the_same_for_every_shop() -> None:
    one, other = (tag(f"https://{name}.example", f"wk_{name}").split("</script>")[0] for name in "ab")
    assert one == other == f"<script>{stub()}"


def test_nothing_in_address_or_key_leaves_its_attribute() -> None:
    evil = "\"'></script><script>alert('1')</script>\u2028\\"
    found = Elements(tag("https://shop.example", evil)).found
    assert len(found) == 2
    assert found[1][1]["data-key"] == evil
